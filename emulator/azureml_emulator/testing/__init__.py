"""What only a local workspace has, for tests: faults, a clock that can be moved, a fresh start."""
