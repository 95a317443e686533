"""Takes events off the events queue."""
