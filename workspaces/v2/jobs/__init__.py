"""Jobs of SDK v2: pipelines, the schedules that start them, and runs."""
