"""What every request passes before its route: the log, one spelling of paths, tokens, known parameters."""
