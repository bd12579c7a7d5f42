"""Datastores: the workspace's default blob container."""

from emulator.datastores.routes import routes

__all__ = ["routes"]
