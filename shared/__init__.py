"""What the functions and the command line share: rules, use cases, ports and adapters."""
