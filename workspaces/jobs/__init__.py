"""Jobs: pipelines, the schedules that start them, and runs."""
