"""What the pages show, worked out of the documents of the workspace."""
