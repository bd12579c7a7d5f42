"""Pipelines: modules, graphs, runs, published pipelines, pipeline endpoints and schedules."""

from emulator.pipelines import datasources, endpoints, modules, published, runs, schedules

routes = [*modules.routes, *datasources.routes, *runs.routes, *published.routes, *endpoints.routes, *schedules.routes]

__all__ = ["routes"]
