"""Pipelines: modules, graphs, runs, published pipelines, pipeline endpoints and schedules."""

from emulator.pipelines import azureml_modules, datasources, endpoints, modules, published, runs, schedules

routes = [
    *(*modules.routes, *azureml_modules.routes, *datasources.routes, *runs.routes),
    *(*published.routes, *endpoints.routes, *schedules.routes),
]

__all__ = ["routes"]
