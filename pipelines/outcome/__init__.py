"""What comes of a run: its states until it ends, and what its steps have left."""
