"""The drills that ship with Tocsin, as data: one YAML file each, read by `shared.adapters.drill_scenarios`."""
