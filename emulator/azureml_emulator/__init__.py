"""A local Azure ML workspace: the control plane that the unmodified SDK v1 talks to, on loopback."""
