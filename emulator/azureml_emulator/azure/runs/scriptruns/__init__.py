"""Runs of a script or a command outside of pipelines: what `experiment.submit(ScriptRunConfig(…))` starts."""

from azureml_emulator.azure.runs.scriptruns.routes import routes

__all__ = ["routes"]
