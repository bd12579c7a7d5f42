"""The computes of a release: made, attached, priced and removed."""
