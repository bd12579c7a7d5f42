"""Run history: experiments, runs, their status, tags and children."""

from azureml_emulator.azure.runs.history.routes import routes

__all__ = ["routes"]
