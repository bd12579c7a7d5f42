"""Addresses of files: on datastores, in containers of the workspace's account, among the files of a job."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from azureml_emulator.azure.runs.history.outputs import outputs_of
from azureml_emulator.azure.storage.artifacts.content import EXPERIMENT_RUN
from azureml_emulator.azure.storage.blobs.files import ARTIFACTS, DATASTORE, blob_file
from azureml_emulator.azure.storage.datastores.registry import ARTIFACT_STORE, all_datastores, datastore_file
from azureml_emulator.errors import BadRequest, NotFound
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION, LocalWorkspace

_WORKSPACE = (
    r"(?:subscriptions/(?P<s>[^/]+)/resourcegroups/(?P<g>[^/]+)(?:/providers/[^/]+)?/workspaces/(?P<w>[^/]+)/)?"
)
_FLAGS = re.IGNORECASE | re.DOTALL
_ON_DATASTORE = re.compile(rf"azureml://{_WORKSPACE}datastores/(?P<datastore>[^/]+)/paths/(?P<path>.*)", _FLAGS)
_OF_JOB = re.compile(
    rf"azureml://{_WORKSPACE}jobs/(?P<job>[^/]+)/outputs/(?P<output>[^/]+)(?:/paths)?(?:/(?P<path>.*))?", _FLAGS
)
_LOOPBACK = "127.0.0.1"
_ARTIFACTS = "artifacts"
Place = tuple[str, str]
"""A datastore's name and a path on it, or a container's and the name of a blob, or what such names begin with."""


def on_datastore(workspace: LocalWorkspace, uri: str) -> Place | None:
    """The datastore and the path of `azureml://datastores/D/paths/P`, also of its long form, and of files of a job.

    None for another kind of address. Raises BadRequest or NotFound for what isn't there.
    """
    if match := _ON_DATASTORE.fullmatch(uri):
        place = match["datastore"].lower(), match["path"]
    elif match := _OF_JOB.fullmatch(uri):
        place = _of_job(workspace, match["job"], match["output"], match["path"] or "")
    else:
        return None
    _check_workspace(match)
    return place[0], place[1].strip("/")


def in_account(workspace: LocalWorkspace, uri: str) -> Place | None:
    """The container and the blob of an address of the workspace's own account; None for another address.

    Its port may be that of an earlier life. Raises BadRequest for a container that isn't there.
    """
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or parts.hostname != _LOOPBACK:
        return None
    container, _, blob = unquote(parts.path).lstrip("/").partition("/")
    if container not in (ARTIFACTS, DATASTORE) and workspace.store.find("container", container) is None:
        raise BadRequest(f"there is no container {shortened(container)} in the local workspace's storage")
    return container, blob.strip("/")


def datastore_of(workspace: LocalWorkspace, container: str) -> str:
    """The name of a datastore with this container. Raises BadRequest where none has it."""
    for datastore in all_datastores(workspace):
        if datastore["container"] == container:
            return str(datastore["name"])
    raise BadRequest(f"container {shortened(container)} belongs to no datastore")


def file_at(workspace: LocalWorkspace, uri: str) -> Path | None:
    """The file or folder, there or not; None for an address of another kind. Raises BadRequest or NotFound."""
    if place := on_datastore(workspace, uri):
        return datastore_file(workspace, *place)
    blob = in_account(workspace, uri)
    return blob_file(workspace, *blob) if blob else None


def _of_job(workspace: LocalWorkspace, job: str, output: str, path: str) -> Place:
    """Of the files that a job keeps, which are its output `artifacts`, or of an output that it names itself."""
    run = workspace.store.find("run", job)
    if run is None:
        raise NotFound(f"job {shortened(job)} not found in this workspace")
    if output.lower() == _ARTIFACTS:
        return ARTIFACT_STORE, f"{EXPERIMENT_RUN}/{run['dataContainerId']}/{path}"
    named = outputs_of(workspace.store, run)
    if output not in named:
        known = ", ".join([_ARTIFACTS, *named])
        raise BadRequest(f"job {shortened(job)} has no output {shortened(output)}; it has {known}")
    return named[output]["datastore"], f"{named[output]['path']}/{path}"


def _check_workspace(match: re.Match[str]) -> None:
    asked = tuple(match[part] and match[part].lower() for part in ("s", "g", "w"))
    if asked not in ((None, None, None), (SUBSCRIPTION, RESOURCE_GROUP, NAME)):
        raise BadRequest(f"it is in workspace {shortened(match['w'])}, and this one is '{NAME}' in '{RESOURCE_GROUP}'")
