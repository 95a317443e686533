"""`tocsin demo`: a slice of a real day on a stack of its own, checked against the carrier's record."""
