"""The managed identity endpoint: bearer tokens for clients that know the workspace's secret."""

from azureml_emulator.azure.identity.routes import routes

__all__ = ["routes"]
