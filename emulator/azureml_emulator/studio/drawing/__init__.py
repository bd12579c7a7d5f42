"""Pictures: where their lines and boxes are."""
