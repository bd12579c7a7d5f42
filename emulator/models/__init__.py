"""The model registry: assets and model versions."""

from emulator.models.routes import routes

__all__ = ["routes"]
