"""Names of files in the state folder that more than one process reads."""

ADDRESS = "address.json"
"""Where the workspace's process listens, and what sends an SDK there; holds a secret."""
LOCK = "lock"
"""Held by the one process that serves the folder; holds its id."""
LOG = "emulator.log"
"""What that process has to say."""
