"""`tocsin watch-demo`: the pager is broken on purpose, in one way after another, and somebody is told each time."""
