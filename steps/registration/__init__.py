"""What a SavedModel is, and how it becomes a registered version."""
