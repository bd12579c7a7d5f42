"""Metrics that runs log."""

from azureml_emulator.azure.runs.metrics.routes import routes

__all__ = ["routes"]
