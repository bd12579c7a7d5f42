"""Environments, in one store with those of SDK v1."""

from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document


def definition_of(workspace: LocalWorkspace, reference: str) -> Document:
    """The environment as SDK v1 defines one, as interpreters and services take it; Azure's curated ones, too.

    `reference` is as `references.asset_of` takes it, or `azureml://registries/azureml/environments/…`.
    Raises BadRequest, which names it.
    """
    raise NotImplementedError
