"""The `tocsin` command: what an operator or a newcomer runs."""
