"""What azureml-mlflow, the plugin of MLflow, asks for: its tracking and model registry, on the runs and models here.

Paths and shapes are MLflow's own REST API (https://mlflow.org/docs/latest/rest-api.html), below the scope of the
workspace; which of it the plugin uses, and where it differs, was read in azureml-mlflow 1.62 and 1.60.
"""

from azureml_emulator.azure.mlflow import artifacts, experiments, logged_models, model_versions, registered_models, runs

_MODULES = (experiments, runs, artifacts, logged_models, registered_models, model_versions)
routes = [route for module in _MODULES for route in module.routes]

__all__ = ["routes"]
