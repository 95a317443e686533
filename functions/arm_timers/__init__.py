"""Arms timers that are born close to their due time."""
