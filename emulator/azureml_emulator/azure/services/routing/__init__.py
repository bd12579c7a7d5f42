"""The way of a scoring request to a replica with room for it, and of the answer back."""
