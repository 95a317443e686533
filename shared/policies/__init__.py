"""The policies that ship with Tocsin, as data: one YAML file each, read by `shared.adapters.policy_yaml`."""
