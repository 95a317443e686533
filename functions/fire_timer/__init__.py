"""Fires timers at their second."""
