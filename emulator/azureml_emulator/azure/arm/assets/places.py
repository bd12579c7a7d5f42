"""Where the files behind an address of SDK v2, or behind an asset, lie."""

from pathlib import Path

from azureml_emulator.azure.arm.assets import addresses
from azureml_emulator.azure.arm.assets.references import asset_of, plural_of
from azureml_emulator.errors import ApiError, BadRequest
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.state.workspace import LocalWorkspace

_URI = {"data": "dataUri", "models": "modelUri", "codes": "codeUri"}


def place_of(workspace: LocalWorkspace, uri: str, plural: str = "data") -> tuple[str, str]:
    """The datastore's name, and the path on it without a slash at either end.

    `uri` is `azureml://datastores/D/paths/P`, its long form with the workspace in front, the address of a blob of ours,
    `azureml://jobs/JOB/outputs/OUTPUT/paths/P`, or a version of data or models: its ARM id, which tells the kind, or
    `azureml:NAME:VERSION`, which is one of `plural`. Raises BadRequest, which names the address.
    """
    address = _address_of(workspace, uri, plural)
    try:
        addresses.file_at(workspace, address)  # a path that could lead elsewhere is none
        if place := addresses.on_datastore(workspace, address):
            return place
        if blob := addresses.in_account(workspace, address):
            return addresses.datastore_of(workspace, blob[0]), blob[1]
    except ApiError as error:
        raise BadRequest(f"{shortened(uri)}: {error.message}") from None
    raise _no_address(uri)


def folder_of(workspace: LocalWorkspace, uri: str, plural: str = "data") -> Path:
    """The file or folder on this machine, which need not be there yet. Never outside of the container.

    As `place_of`, and takes addresses in containers without a datastore, too.
    """
    try:
        file = addresses.file_at(workspace, _address_of(workspace, uri, plural))
    except ApiError as error:
        raise BadRequest(f"{shortened(uri)}: {error.message}") from None
    if file is None:
        raise _no_address(uri)
    return file


def _address_of(workspace: LocalWorkspace, uri: str, plural: str) -> str:
    """Of the files of an asset, or the address that it is."""
    if not uri.startswith(("azureml:", "/")) or uri.startswith("azureml://"):
        return uri
    kind = plural_of(uri, plural)
    if kind not in _URI:
        raise BadRequest(f"{shortened(uri)} is one of {shortened(kind)}, which have no files")
    return str(asset_of(workspace, kind, uri)["properties"][_URI[kind]])


def _no_address(uri: str) -> BadRequest:
    return BadRequest(
        f"{shortened(uri)} is no address in the local workspace's storage: azureml://datastores/NAME/paths/PATH is one"
    )
