"""Finds out, by trying them on labelled samples, the settings that a SavedModel doesn't tell."""
