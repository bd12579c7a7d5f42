from datetime import timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from typing_extensions import Required, TypedDict

from azureml_emulator.azure.storage.blobs.shared_key import ACCOUNT
from azureml_emulator.azure.storage.datastores import registry
from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.shapes import Reference, Scalar
from azureml_emulator.state.credentials.auth_mode import AuthMode, auth_mode
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of
from azureml_emulator.wire import Document, page

_CREDENTIAL_LIFETIME = timedelta(days=365)
"""Of a signed address. The account's key ends with nothing but its renewal."""


class Storage(TypedDict, total=False):
    accountName: Reference | None
    containerName: Reference | None
    credentialType: Scalar | None


class Datastore(TypedDict, total=False):
    name: Required[Reference]
    dataStoreType: Scalar | None
    azureStorageSection: Storage | None


async def get_default(request: Request) -> JSONResponse:
    workspace = workspace_of(request)
    return JSONResponse(_view(workspace, registry.get_datastore(workspace, registry.default_name(workspace))))


async def set_default(request: Request) -> JSONResponse:
    registry.set_default(workspace_of(request), request.path_params["name"])
    return JSONResponse({})


async def get_datastore(request: Request) -> JSONResponse:
    workspace = workspace_of(request)
    return JSONResponse(_view(workspace, registry.get_datastore(workspace, request.path_params["name"])))


async def list_datastores(request: Request) -> JSONResponse:
    workspace = workspace_of(request)
    return JSONResponse(page(_view(workspace, datastore) for datastore in registry.all_datastores(workspace)))


async def register(request: Request) -> JSONResponse:
    workspace = workspace_of(request)
    body = await read_object(request, Datastore)
    datastore = registry.register(workspace, body, **_options(request))
    return JSONResponse(_view(workspace, datastore))


async def update(request: Request) -> JSONResponse:
    workspace, body, name = workspace_of(request), await read_object(request, Datastore), request.path_params["name"]
    registry.get_datastore(workspace, name)
    if body["name"].lower() != name.lower():
        raise BadRequest(f"the body names the datastore '{body['name']}', the path '{name}'")
    return JSONResponse(_view(workspace, registry.put_datastore(workspace, body, **_options(request))))


async def unregister(request: Request) -> JSONResponse:
    registry.unregister(workspace_of(request), request.path_params["name"])
    return JSONResponse({})


def _options(request: Request) -> Document:
    """Whether to make the container, and which names it cannot have: it lies beside the services."""
    services = {route.path.split("/")[1] for route in request.app.routes}
    return {"create": request.query_params.get("createIfNotExists", "").lower() == "true", "reserved": services}


def _view(workspace: LocalWorkspace, datastore: Document) -> Document:
    storage = {
        "accountName": ACCOUNT,
        "containerName": datastore["container"],
        # The SDK builds https://{account}.blob.{endpoint}: with user info in front, the host stays 127.0.0.1.
        "endpoint": f"emulator@127.0.0.1:{workspace.address.tls_port}",
        "protocol": "https",
        "blobCacheTimeout": None,
        "serviceDataAccessAuthIdentity": "None",
        "sasTokenUri": None,
        "subscriptionId": None,
        "resourceGroup": None,
        "areWorkspaceManagedIdentitiesAllowed": False,
    }
    storage |= _credential(workspace, datastore["container"])
    described = {key: datastore[key] for key in ("name", "createdTime", "modifiedTime")}
    described |= {"dataStoreType": "AzureBlob", "hasBeenValidated": True, "tags": None, "createdBy": None}
    described["isDefault"] = datastore["name"] == registry.default_name(workspace)
    return described | {"azureStorageSection": storage}


def _credential(workspace: LocalWorkspace, container: str) -> Document:
    mode = auth_mode(workspace.store)
    if mode is AuthMode.IDENTITY:
        return {"credential": None, "credentialType": "None", "isSas": False, "sasToken": None, "accountKey": None}
    if mode is AuthMode.ACCESS_KEY:
        key = workspace.tokens.account_key
        return {"credential": key, "credentialType": "AccountKey", "isSas": False, "sasToken": None, "accountKey": key}
    sas = "?" + workspace.tokens.sas(container, "racwdl", _CREDENTIAL_LIFETIME)
    return {"credential": sas, "credentialType": "Sas", "isSas": True, "sasToken": sas, "accountKey": None}


_BASE = "/datastore/v1.0"
routes = [
    Route(_BASE + "/default", get_default),
    Route(_BASE + "/default/{name}", set_default, methods=["PUT"]),
    Route(_BASE + "/datastores", list_datastores),
    Route(_BASE + "/datastores", register, methods=["POST"]),
    Route(_BASE + "/datastores/{name}", get_datastore),
    Route(_BASE + "/datastores/{name}", update, methods=["PUT"]),
    Route(_BASE + "/datastores/{name}", unregister, methods=["DELETE"]),
]
