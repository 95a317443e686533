"""Tells somebody outside, every minute, that the whole pager lives."""
