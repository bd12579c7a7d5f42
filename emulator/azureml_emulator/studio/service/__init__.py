"""A service's own page: how it is called, and a place to try it."""

from azureml_emulator.studio.service.views import routes

__all__ = ["routes"]
