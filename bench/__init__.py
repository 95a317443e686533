"""`make bench`: what Tocsin measures of itself. Each measure is a module with `measure(say) -> Section`."""
