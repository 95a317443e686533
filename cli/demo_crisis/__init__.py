"""`tocsin demo-crisis`: a food-safety crisis on a stack of its own, from the first post to the evidence package."""
