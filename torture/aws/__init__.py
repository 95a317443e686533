"""AWS as the simulation has it: in memory, by the rules of the real services, and without a fault of its own."""
