"""Faults on demand: an operation fails, conflicts or stalls as often as a test wants it to."""

from azureml_emulator.testing.faults.routes import routes

__all__ = ["routes"]
