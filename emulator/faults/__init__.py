"""Faults on demand: an operation fails, conflicts or stalls as often as a test wants it to."""

from emulator.faults.routes import routes

__all__ = ["routes"]
