"""Where artifacts lie, and the signed addresses at which clients read and write them."""

from pathlib import Path
from urllib.parse import quote

from azureml_emulator.azure.storage.blobs.files import ARTIFACTS, blob_file, blob_names
from azureml_emulator.state.clouds import storage_suffix
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document, now

EXPERIMENT_RUN = "ExperimentRun"
DATASTORE_NAME = "workspaceblobstore"
"""Where artifacts are, as the SDK knows it."""

_ASSET_URL = "aml://artifact/"


def artifact_file(workspace: LocalWorkspace, origin: str, container: str, path: str) -> Path:
    return blob_file(workspace, ARTIFACTS, f"{origin}/{container}/{path}")


def file_of_url(workspace: LocalWorkspace, url: str) -> Path:
    """The file or folder behind `aml://artifact/ORIGIN/CONTAINER/PATH`."""
    return blob_file(workspace, ARTIFACTS, url.removeprefix(_ASSET_URL))


def list_paths(workspace: LocalWorkspace, origin: str, container: str) -> list[str]:
    prefix = f"{origin}/{container}/"
    return [name.removeprefix(prefix) for name in blob_names(workspace, ARTIFACTS, prefix)]


def content_uri(
    workspace: LocalWorkspace, origin: str, container: str, path: str, *, write: bool = False, at_account: bool = False
) -> str:
    """A signed address. Raises BadRequest for a path that a signature must not be given for.

    For uploads the SDK takes the host apart at its dots and rebuilds `https://{account}.blob.{rest}`; with the
    rest in the user part of the authority, what is rebuilt still names 127.0.0.1. Other clients read from such an
    address only: `at_account`.
    """
    blob = f"{origin}/{container}/{path}"
    blob_file(workspace, ARTIFACTS, blob)
    sas = workspace.tokens.sas(f"{ARTIFACTS}/{blob}", "rw" if write else "r")
    account = f"https://local.blob.{storage_suffix(workspace.address.tls)}"
    base = account if write or at_account else workspace.address.http
    return f"{base}/{ARTIFACTS}/{quote(blob)}?{sas}"


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
