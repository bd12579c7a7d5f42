"""Snapshots: the source folders that runs execute."""

from emulator.snapshots.routes import routes

__all__ = ["routes"]
