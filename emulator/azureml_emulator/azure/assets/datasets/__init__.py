"""Datasets: saved definitions, and the names and versions under which they are registered."""

from azureml_emulator.azure.assets.datasets.routes import routes

__all__ = ["routes"]
