"""What is registered under a name and a version: models, environments, datasets."""
