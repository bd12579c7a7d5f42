"""Artifacts: files of runs, models and snapshots, addressed by origin, container and path."""

from azureml_emulator.azure.storage.artifacts.routes import routes

__all__ = ["routes"]
