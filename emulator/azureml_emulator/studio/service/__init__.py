"""A service's or an online endpoint's own page: how it is called, and a place to try it."""

from azureml_emulator.studio.service import endpoint_views, views

routes = [*views.routes, *endpoint_views.routes]

__all__ = ["routes"]
