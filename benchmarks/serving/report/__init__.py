"""What was measured, held against the goals, and shown."""
