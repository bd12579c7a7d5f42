"""Jobs of SDK v2: commands and pipelines of command components, on the engines that run what SDK v1 submits."""

from azureml_emulator.azure.arm.jobs.routes import routes

__all__ = ["routes"]
