"""Submit one run of the pipeline as it stands in this checkout, published or not."""

from pathlib import Path

from config.errors import ModelError
from config.settings import Settings
from pipelines.definition import define_pipeline
from steps.datastore import upload_folder
from steps.validation.labelled_images import read_labels
from workspaces.pipelines import Parameter
from workspaces.workspace import Workspace


def submit_run(workspace: Workspace, settings: Settings, parameters: dict[str, Parameter]) -> str:
    """Submit the pipeline with ``parameters`` in place of their defaults, and return the id of the run."""
    return workspace.pipelines.submit(define_pipeline(workspace, settings), settings.pipeline.name, parameters)


def upload_model(workspace: Workspace, folder: Path) -> str:
    """Upload a SavedModel; returns the value of the parameter ``model``. ModelError when it plainly isn't one."""
    check_model(folder)
    return upload_folder(workspace, folder, "models")


def check_model(folder: Path) -> None:
    """ModelError when the folder plainly holds no SavedModel."""
    if not (folder / "saved_model.pb").is_file():
        raise ModelError(f"--model {folder}: no saved_model.pb in it; give the folder of a TensorFlow SavedModel")


def upload_validation_data(workspace: Workspace, folder: Path) -> str:
    """Upload labelled images; returns the value of the parameter ``validation_data``. ModelError without labels."""
    read_labels(folder)
    return upload_folder(workspace, folder, "validation")
