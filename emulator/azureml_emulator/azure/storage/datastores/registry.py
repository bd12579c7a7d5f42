"""Datastores: names for containers of the workspace's own storage account."""

import re
from pathlib import Path

from azureml_emulator.azure.storage.blobs.containers import open_container
from azureml_emulator.azure.storage.blobs.files import ARTIFACTS, DATASTORE, blob_file
from azureml_emulator.azure.storage.blobs.shared_key import ACCOUNT
from azureml_emulator.errors import BadRequest, NotFound, NotSupported
from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION, LocalWorkspace
from azureml_emulator.wire import Document, now

BUILT_IN = "workspaceblobstore"
ARTIFACT_STORE = "workspaceartifactstore"
"""Where files of runs and models of SDK v1 are."""
_OWN = {BUILT_IN: DATASTORE, ARTIFACT_STORE: ARTIFACTS}
_CREATED = "2020-01-01T00:00:00.0000000+00:00"
_DEFAULT = ("workspace", "default datastore")
_BLOB_TYPES = ("AzureBlob", "1")
_NAME = re.compile(r"[a-z0-9_-]{1,255}")
_CONFLICT = "Another datastore with the same name already exists"
"""What the SDK looks for in the answer before it updates a datastore in place of creating it."""


def all_datastores(workspace: LocalWorkspace) -> list[Document]:
    own = [_document(name, container, _CREATED) for name, container in _OWN.items()]
    return [*own, *workspace.store.all("datastore")]


def get_datastore(workspace: LocalWorkspace, name: str) -> Document:
    """By its name, in any case. Raises NotFound, which says which datastores there are."""
    known = all_datastores(workspace)
    for datastore in known:
        if datastore["name"] == name.lower():
            return datastore
    raise NotFound(f"datastore '{name}' not found: there is {', '.join(one['name'] for one in known)}")


def default_name(workspace: LocalWorkspace) -> str:
    chosen = workspace.store.find(*_DEFAULT)
    return str(chosen["name"]) if chosen else BUILT_IN


def set_default(workspace: LocalWorkspace, name: str) -> None:
    workspace.store.put(*_DEFAULT, {"name": get_datastore(workspace, name)["name"]})


def datastore_file(workspace: LocalWorkspace, name: str, path: str) -> Path:
    """The file or folder behind a path on a datastore. Raises NotFound or BadRequest."""
    return blob_file(workspace, get_datastore(workspace, name)["container"], path)


def uri_of(datastore: str, path: str) -> str:
    """The long form: `azureml://subscriptions/…/datastores/D/paths/P`, as SDK v2 writes and reads it."""
    scope = f"subscriptions/{SUBSCRIPTION}/resourcegroups/{RESOURCE_GROUP}/workspaces/{NAME}"
    return f"azureml://{scope}/datastores/{datastore}/paths/{path}"


def register(workspace: LocalWorkspace, sent: Document, *, create: bool, reserved: set[str]) -> Document:
    """A new datastore. Raises BadRequest for a name that is taken, and what `put_datastore` raises."""
    if any(known["name"] == sent["name"].lower() for known in all_datastores(workspace)):
        raise BadRequest(f"{_CONFLICT}: '{sent['name']}'; overwrite=True replaces it", code="UserError")
    return put_datastore(workspace, sent, create=create, reserved=reserved)


def put_datastore(workspace: LocalWorkspace, sent: Document, *, create: bool, reserved: set[str]) -> Document:
    """Raises NotSupported for what is not a container of this workspace's account, BadRequest for a bad name."""
    name = sent["name"].lower()
    if not _NAME.fullmatch(name):
        raise BadRequest(f"the datastore name '{sent['name']}' is not 1 to 255 letters, digits, '_' and '-'")
    if name in _OWN:
        raise BadRequest(f"datastore '{name}' belongs to the workspace and cannot be registered again")
    container = _container(sent)
    open_container(workspace, container, create=create, reserved=reserved)
    created = (workspace.store.find("datastore", name) or {}).get("createdTime") or now()
    return workspace.store.put("datastore", name, _document(name, container, created))


def unregister(workspace: LocalWorkspace, name: str) -> None:
    """The container and its blobs stay. Raises BadRequest for the datastore that is the default, or built in."""
    found = get_datastore(workspace, name)["name"]
    if found in (*_OWN, default_name(workspace)):
        raise BadRequest(f"datastore '{found}' is the default or belongs to the workspace: it cannot be unregistered")
    workspace.store.delete("datastore", found)


def _container(sent: Document) -> str:
    """The container of a registration that the local workspace can honour as it is."""
    kind, storage = str(sent.get("dataStoreType")), sent.get("azureStorageSection") or {}
    if kind not in _BLOB_TYPES:
        raise NotSupported(f"datastores of the type {kind}: it has containers of blobs only")
    if storage.get("accountName") != ACCOUNT:
        raise NotSupported(
            f"the storage account '{storage.get('accountName')}' and reaches none in Azure: its own is '{ACCOUNT}', "
            "whose containers are folders of this machine"
        )
    if storage.get("credential") or str(storage.get("credentialType")) not in ("None", "0"):
        raise BadRequest(f"storage account '{ACCOUNT}' takes no account_key and no sas_token: leave them out")
    for key in ("blobCacheTimeout", "subscriptionId", "resourceGroup", "serviceDataAccessAuthIdentity"):
        if storage.get(key) not in (None, "", 0, "None"):
            raise NotSupported(f"datastores with {key}")
    return str(storage.get("containerName"))


def _document(name: str, container: str, created: str) -> Document:
    return {"name": name, "container": container, "createdTime": created, "modifiedTime": now()}
