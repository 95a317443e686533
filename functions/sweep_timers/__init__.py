"""Hands timers that are due soon to the timers queue, every minute."""
