"""What is registered: models, and versions of the other assets."""
