"""Datasets: saved definitions, and the names and versions under which they are registered."""

from emulator.datasets.routes import routes

__all__ = ["routes"]
