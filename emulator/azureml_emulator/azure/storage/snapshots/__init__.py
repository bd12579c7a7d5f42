"""Snapshots: the source folders that runs execute."""

from azureml_emulator.azure.storage.snapshots.routes import routes

__all__ = ["routes"]
