"""Folders of the user's and of this code: their files, what those may be called, and how they are sent and brought."""
