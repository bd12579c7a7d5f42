"""Datastores: the workspace's default blob container."""

from azureml_emulator.azure.storage.datastores.routes import routes

__all__ = ["routes"]
