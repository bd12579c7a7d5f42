"""Environments: named, versioned definitions of what a run or service needs."""

from emulator.environments.routes import routes

__all__ = ["routes"]
