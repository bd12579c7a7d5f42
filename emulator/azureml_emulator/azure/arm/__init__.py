"""Azure Resource Manager: clouds, subscriptions, the workspace itself, and discovery of its services."""

from azureml_emulator.azure.arm.routes import routes

__all__ = ["routes"]
