"""Pipelines: modules, graphs, runs, published pipelines, pipeline endpoints and schedules."""

from azureml_emulator.azure.pipelines import endpoints, published
from azureml_emulator.azure.pipelines.graphs import azureml_modules, datasources, modules
from azureml_emulator.azure.pipelines.runs import routes as runs
from azureml_emulator.azure.pipelines.schedules import routes as schedules

routes = [
    *(*modules.routes, *azureml_modules.routes, *datasources.routes, *runs.routes),
    *(*published.routes, *endpoints.routes, *schedules.routes),
]

__all__ = ["routes"]
