"""What Microsoft's images have for entry scripts of a ParallelRunStep."""
