"""Batch endpoints of SDK v2, of pipeline components: what took the place of published pipelines."""

from azureml_emulator.azure.arm.batch_endpoints.routes import routes

__all__ = ["routes"]
