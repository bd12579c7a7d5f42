"""A version of a model as MLflow has it."""

from azureml_emulator.azure.mlflow.model_sources import uri_of
from azureml_emulator.azure.mlflow.times import milliseconds_of
from azureml_emulator.errors import BadRequest, NotFound
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

NAMES = "mlflow registered model"
STAGES = "mlflow model stage"
"""Beside the models: SDK v1 has no stages."""


def versions(workspace: LocalWorkspace, name: str) -> list[Document]:
    """From the first to the newest."""
    return [model for model in workspace.store.all("model", name) if model["name"] == name]


def asked_version(workspace: LocalWorkspace, name: object, version: object) -> Document:
    """Raises NotFound."""
    found = workspace.store.find("model", f"{name}:{version}")
    if found is None:
        raise NotFound(f"version {version} of registered model '{name}' not found in this workspace")
    return found


def stage_of(store: Store, model: Document) -> str:
    return str((store.find(STAGES, model["id"]) or {}).get("stage", "None"))


def version_of(workspace: LocalWorkspace, model: Document) -> Document:
    try:
        source = uri_of(workspace, model)
    except (BadRequest, NotFound):  # one that MLflow could not have made: listed, and refused when it is loaded
        source = ""
    return {
        "name": model["name"],
        "version": str(model["version"]),
        "creation_timestamp": milliseconds_of(model["createdTime"]),
        "last_updated_timestamp": milliseconds_of(model["modifiedTime"]),
        "current_stage": stage_of(workspace.store, model),
        "description": model["description"] or "",
        "source": source,
        "run_id": model["runId"] or "",
        "status": "READY",
        "tags": [{"key": key, "value": value or ""} for key, value in model["kvTags"].items()],
    }
