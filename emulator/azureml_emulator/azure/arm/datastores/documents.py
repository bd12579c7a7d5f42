"""A datastore as a resource, its secrets, and what a client may register."""

from datetime import timedelta
from typing import Any

from typing_extensions import Required, TypedDict

from azureml_emulator.azure.arm.resources import resource
from azureml_emulator.azure.storage.blobs.shared_key import ACCOUNT
from azureml_emulator.azure.storage.datastores import registry
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.server.requests.shapes import Named, Reference, Texts, shortened
from azureml_emulator.state.credentials.auth_mode import AuthMode, auth_mode
from azureml_emulator.state.redirect.clouds import storage_suffix
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

SAID = "datastore description"
"""Kind in the store: what SDK v2 alone says of a datastore."""
_CREDENTIALS = {AuthMode.IDENTITY: "None", AuthMode.ACCESS_KEY: "AccountKey", AuthMode.USER_DELEGATION_SAS: "Sas"}
_PERMISSIONS = "racwdl"
_LONGEST = timedelta(days=365)
_IDENTITY = "serviceDataAccessAuthIdentity"


class Credentials(TypedDict, total=False):
    credentialsType: Required[Reference]
    secrets: Named[str, Any] | None


class Properties(TypedDict, total=False):
    datastoreType: Required[Reference]
    accountName: Reference | None
    containerName: Reference | None
    endpoint: Reference | None
    protocol: Reference | None
    credentials: Credentials | None
    description: str | None
    tags: Texts | None
    properties: Texts | None
    isDefault: bool | None
    subscriptionId: str | None
    resourceGroup: str | None
    serviceDataAccessAuthIdentity: str | None


class Datastore(TypedDict):
    properties: Properties


class Wish(TypedDict, total=False):
    """For secrets."""

    expirableSecret: bool | None
    expireAfterHours: int | None


def resource_of(workspace: LocalWorkspace, datastore: Document) -> Document:
    name = datastore["name"]
    said = workspace.store.find(SAID, name) or {}
    properties = {
        "datastoreType": "AzureBlob",
        "accountName": ACCOUNT,
        "containerName": datastore["container"],
        # The SDK builds https://{account}.blob.{endpoint}: with user info in front, the host stays 127.0.0.1.
        "endpoint": storage_suffix(workspace.address.tls),
        "protocol": "https",
        "isDefault": name == registry.default_name(workspace),
        "credentials": {"credentialsType": _CREDENTIALS[auth_mode(workspace.store)]},
        _IDENTITY: "None",
        "description": None,
        "tags": {},
        "properties": {},
    }
    times = {"createdAt": datastore["createdTime"], "lastModifiedAt": datastore["modifiedTime"]}
    found = resource(workspace, f"datastores/{name}", properties | said)
    return found | {"systemData": found["systemData"] | times}


def secrets_of(workspace: LocalWorkspace, datastore: Document, wish: Document) -> Document:
    """Raises BadRequest where datastores have none: clients then bring tokens of their own.

    Whoever asks for one that expires, as SDK v2 does, gets a signature also where datastores have a key.
    """
    mode = auth_mode(workspace.store)
    if mode is AuthMode.IDENTITY:
        raise BadRequest(f"datastore '{datastore['name']}' has no secrets: its credentialsType is None")
    if mode is AuthMode.ACCESS_KEY and not wish.get("expirableSecret"):
        return {"secretsType": "AccountKey", "key": workspace.tokens.account_key}
    hours = wish.get("expireAfterHours") or 0
    if not 0 <= hours <= _LONGEST // timedelta(hours=1):
        raise BadRequest(f"expireAfterHours is from 0 to {_LONGEST // timedelta(hours=1)}, not {hours}")
    lifetime = timedelta(hours=hours) if hours and wish.get("expirableSecret") else _LONGEST
    return {"secretsType": "Sas", "sasToken": workspace.tokens.sas(datastore["container"], _PERMISSIONS, lifetime)}


def as_v1(workspace: LocalWorkspace, name: str, properties: Document) -> Document:
    """A registration as SDK v1 sends it. Raises NotSupported for what would be left undone."""
    given = {key: value for key, value in properties.items() if value not in (None, "")}
    if unknown := sorted(given.keys() - Properties.__annotations__.keys()):
        raise NotSupported(f"datastores with {shortened(unknown[0])}")
    if given.get("endpoint") not in (None, storage_suffix(workspace.address.tls), "core.windows.net"):
        raise NotSupported(f"storage accounts at the endpoint {shortened(given['endpoint'])}")
    if given.get("protocol", "https") != "https" or given.get(_IDENTITY, "None") != "None":
        raise NotSupported(f"datastores with another protocol than https, or with {_IDENTITY}")
    credentials = given.get("credentials") or {"credentialsType": "None"}
    kind = credentials["credentialsType"]
    # One that is read and written again has what all of them have, without its secrets.
    own = kind in ("None", _CREDENTIALS[auth_mode(workspace.store)]) and not _secrets(credentials)
    storage = {
        "accountName": given.get("accountName"),
        "containerName": given.get("containerName"),
        "credentialType": "None" if own else f"{kind} of its own",
        "subscriptionId": given.get("subscriptionId"),
        "resourceGroup": given.get("resourceGroup"),
    }
    return {"name": name, "dataStoreType": given["datastoreType"], "azureStorageSection": storage}


def _secrets(credentials: Document) -> list[str]:
    """The names of those that are given."""
    given: Document = credentials.get("secrets") or {}
    return [name for name, value in given.items() if name != "secretsType" and value]


def said_in(properties: Document) -> Document:
    """What is told again as it was sent, and has no effect."""
    return {key: properties[key] for key in ("description", "tags", "properties") if properties.get(key) is not None}
