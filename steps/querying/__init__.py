"""Asking a live service what its clients would ask."""
