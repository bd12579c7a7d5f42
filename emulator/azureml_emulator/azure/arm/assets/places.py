"""Where the files behind an address of SDK v2, or behind an asset, lie."""

from pathlib import Path

from azureml_emulator.state.workspace import LocalWorkspace


def place_of(workspace: LocalWorkspace, uri: str, plural: str = "data") -> tuple[str, str]:
    """The datastore's name, and the path on it without a leading slash.

    `uri` is `azureml://datastores/D/paths/P`, its long form with the workspace in front, the address of a blob of ours,
    `azureml://jobs/JOB/outputs/artifacts/paths/P`, or a version of data or models: its ARM id, which tells the kind, or
    `azureml:NAME:VERSION`, which is one of `plural`. Raises BadRequest, which names the address.
    """
    raise NotImplementedError


def folder_of(workspace: LocalWorkspace, uri: str, plural: str = "data") -> Path:
    """The file or folder on this machine, which need not be there yet. Never outside of the container.

    As `place_of`, and takes addresses in containers without a datastore, too.
    """
    raise NotImplementedError


def uri_of(workspace: LocalWorkspace, datastore: str, path: str) -> str:
    """The long form: `azureml://subscriptions/…/datastores/D/paths/P`."""
    raise NotImplementedError
