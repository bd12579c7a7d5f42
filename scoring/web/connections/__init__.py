"""HTTP connections with bounds on all that a client decides. The local workspace has the same files.

Neither may import the other: tests/unit/test_connections.py compares the two.
"""
