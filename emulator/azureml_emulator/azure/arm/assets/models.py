"""Models, in one store with those of SDK v1."""

from pathlib import Path
from typing import NamedTuple

from azureml_emulator.state.workspace import LocalWorkspace


class ModelFiles(NamedTuple):
    name: str
    version: str
    files: list[Path]
    """Files and folders, to be read and left as they are: a server finds each below AZUREML_MODEL_DIR by its own name.

    AZUREML_MODEL_DIR ends in `azureml-models/NAME/VERSION`.
    """


def model_files_of(workspace: LocalWorkspace, reference: str) -> ModelFiles:
    """What an online deployment serves.

    `reference` is as `references.asset_of` takes it. Raises BadRequest, which names it, also where files are gone.
    """
    raise NotImplementedError
