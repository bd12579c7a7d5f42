"""Hashes of files: of the registered version that is served, and of this code."""
