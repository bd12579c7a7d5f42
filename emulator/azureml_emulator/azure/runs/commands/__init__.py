"""What SDK v2 runs: the command of a job or of a component, with its data by name."""
