"""The model registry: assets and model versions."""

from azureml_emulator.azure.assets.models.routes import routes

__all__ = ["routes"]
