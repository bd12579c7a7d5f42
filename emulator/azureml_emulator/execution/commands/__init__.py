"""This folder is on the path of what commands start: see `sitecustomize.py`."""
