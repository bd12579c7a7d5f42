"""Web services of SDK v2: online endpoints and their deployments."""
