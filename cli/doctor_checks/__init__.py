"""What `tocsin doctor` asks of a deployed stage; the rules on the answers are in `cli.health`."""
