"""Use cases: load, decide, commit. One file each, named after what it does."""
