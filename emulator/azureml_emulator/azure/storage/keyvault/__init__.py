"""The key vault of the workspace: secrets by name."""

from azureml_emulator.azure.storage.keyvault.routes import routes

__all__ = ["routes"]
