"""Artifacts: files of runs, models and snapshots, addressed by origin, container and path."""

from emulator.artifacts.routes import routes

__all__ = ["routes"]
