"""Validation data: what a model is asked, and what it should answer."""
