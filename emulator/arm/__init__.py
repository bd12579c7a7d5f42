"""Azure Resource Manager: clouds, subscriptions, the workspace itself, and discovery of its services."""

from emulator.arm.routes import routes

__all__ = ["routes"]
