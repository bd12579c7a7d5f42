"""The managed identity endpoint: bearer tokens for clients that know the workspace's secret."""

from emulator.token.routes import routes

__all__ = ["routes"]
