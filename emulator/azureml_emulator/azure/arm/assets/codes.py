"""Code: folders that clients have uploaded."""

from pathlib import Path

from azureml_emulator.state.workspace import LocalWorkspace


def code_folder(workspace: LocalWorkspace, reference: str) -> Path:
    """The folder with the files of a version of codes, to be read and left as it is.

    `reference` is as `references.asset_of` takes it. Raises BadRequest, which names it.
    """
    raise NotImplementedError
