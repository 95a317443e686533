"""The world behind the ports: AWS, the clock, carriers."""
