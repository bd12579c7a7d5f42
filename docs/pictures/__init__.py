"""The README's pictures, taken from a real release on the local workspace: `make pictures`."""
