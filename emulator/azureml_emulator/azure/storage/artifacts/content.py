"""Where artifacts lie, and the signed addresses at which clients read and write them.

An artifact of the origin `Datastore` is a file on the datastore that its container names: SDK v2 registers those.
"""

from pathlib import Path
from urllib.parse import quote

from azureml_emulator.azure.storage.blobs.files import ARTIFACTS, blob_file, blob_names
from azureml_emulator.azure.storage.datastores.registry import get_datastore
from azureml_emulator.state.redirect.clouds import storage_suffix
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document, now

EXPERIMENT_RUN = "ExperimentRun"
ON_DATASTORE = "Datastore"
DATASTORE_NAME = "workspaceblobstore"
"""Where artifacts are, as the SDK knows it."""

_ASSET_URL = "aml://artifact/"


def artifact_file(workspace: LocalWorkspace, origin: str, container: str, path: str) -> Path:
    return blob_file(workspace, *_blob(workspace, origin, container, path))


def _blob(workspace: LocalWorkspace, origin: str, container: str, path: str) -> tuple[str, str]:
    """The container of blobs, and the name in there. Raises NotFound for a datastore that isn't there."""
    if origin == ON_DATASTORE:
        return get_datastore(workspace, container)["container"], path
    return ARTIFACTS, f"{origin}/{container}/{path}"


def file_of_url(workspace: LocalWorkspace, url: str) -> Path:
    """The file or folder behind `aml://artifact/ORIGIN/CONTAINER/PATH`."""
    return blob_file(workspace, ARTIFACTS, url.removeprefix(_ASSET_URL))


def list_paths(workspace: LocalWorkspace, origin: str, container: str, path: str = "") -> list[str]:
    """Of the files below a path of a container, or at it."""
    blobs, prefix = _blob(workspace, origin, container, path)
    start = len(prefix) - len(path)
    names = blob_names(workspace, blobs, prefix)
    return [name[start:] for name in names if not path or name == prefix or name.startswith(prefix + "/")]


def content_uri(
    workspace: LocalWorkspace, origin: str, container: str, path: str, *, write: bool = False, at_account: bool = False
) -> str:
    """A signed address. Raises BadRequest for a path that a signature must not be given for.

    For uploads the SDK takes the host apart at its dots and rebuilds `https://{account}.blob.{rest}`; with the
    rest in the user part of the authority, what is rebuilt still names 127.0.0.1. Other clients read from such an
    address only: `at_account`.
    """
    blobs, blob = _blob(workspace, origin, container, path)
    blob_file(workspace, blobs, blob)
    sas = workspace.tokens.sas(f"{blobs}/{blob}", "rw" if write else "r")
    account = f"https://local.blob.{storage_suffix(workspace.address.tls)}"
    base = account if write or at_account else workspace.address.http
    return f"{base}/{blobs}/{quote(blob)}?{sas}"


def artifact(origin: str, container: str, path: str) -> Document:
    whole = f"{origin}/{container}/{path}"
    data_path = {"dataStoreName": DATASTORE_NAME, "relativePath": whole}
    named = {"artifactId": whole, "origin": origin, "container": container, "path": path}
    return named | {"etag": "1", "createdTime": now(), "dataPath": data_path}


def content(
    workspace: LocalWorkspace, origin: str, container: str, path: str, *, write: bool = False, at_account: bool = False
) -> Document:
    uri = content_uri(workspace, origin, container, path, write=write, at_account=at_account)
    return {"contentUri": uri, "origin": origin, "container": container, "path": path}
