"""Versions of assets, as other resources refer to them."""

from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document


def asset_of(workspace: LocalWorkspace, plural: str, reference: str) -> Document:
    """The resource of a version, by its ARM id, `azureml:ARM_ID`, `azureml:NAME:VERSION` or `azureml:NAME@latest`.

    `plural` is codes, models, data, environments or components. Raises BadRequest, which names the reference.
    """
    raise NotImplementedError
