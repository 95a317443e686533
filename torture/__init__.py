"""The fault simulation: the product runs on a virtual world, and the world is unkind to it."""
