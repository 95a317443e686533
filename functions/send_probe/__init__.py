"""Hands in a synthetic complaint every few minutes, and looks at what became of the one before."""
