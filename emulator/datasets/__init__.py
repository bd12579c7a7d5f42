"""Datasets: saved definitions, registered under names with versions."""

from starlette.routing import Route

routes: list[Route] = []

__all__ = ["routes"]
