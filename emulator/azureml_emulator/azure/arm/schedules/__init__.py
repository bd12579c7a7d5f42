"""Schedules of SDK v2: each holds the definition of the job that it starts."""

from azureml_emulator.azure.arm.schedules.routes import routes

__all__ = ["routes"]
