"""Blob storage: what the storage library inside the SDK needs of a storage account."""

from emulator.blobs.routes import routes

__all__ = ["routes"]
