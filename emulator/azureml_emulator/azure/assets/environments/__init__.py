"""Environments: named, versioned definitions of what a run or service needs."""

from azureml_emulator.azure.assets.environments.routes import routes

__all__ = ["routes"]
