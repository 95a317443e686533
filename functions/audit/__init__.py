"""The second engine: finds what was lost on its way, every five minutes."""
