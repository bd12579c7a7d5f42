"""The key vault of the workspace: secrets by name."""

from emulator.keyvault.routes import routes

__all__ = ["routes"]
