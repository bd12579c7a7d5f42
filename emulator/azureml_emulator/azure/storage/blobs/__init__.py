"""Blob storage: what the storage library inside the SDK needs of a storage account."""

from azureml_emulator.azure.storage.blobs.routes import routes

__all__ = ["routes"]
