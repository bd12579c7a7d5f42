"""Azure Resource Manager: clouds, subscriptions, the workspace, and what SDK v2 has in it but for online endpoints."""

from azureml_emulator.azure.arm.routes import routes

__all__ = ["routes"]
