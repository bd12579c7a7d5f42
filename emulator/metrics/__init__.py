"""Metrics that runs log."""

from emulator.metrics.routes import routes

__all__ = ["routes"]
