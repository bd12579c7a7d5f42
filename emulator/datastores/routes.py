from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from emulator.blobs.files import DATASTORE
from emulator.errors import NotFound
from emulator.wire import Document, now, page
from emulator.workspace import LocalWorkspace, workspace_of

DEFAULT = "workspaceblobstore"


async def get_default(request: Request) -> JSONResponse:
    return JSONResponse(datastore(workspace_of(request)))


async def get_datastore(request: Request) -> JSONResponse:
    name = request.path_params["name"]
    if name != DEFAULT:
        raise NotFound(f"datastore '{name}' not found: the local workspace has '{DEFAULT}' only")
    return JSONResponse(datastore(workspace_of(request)))


async def list_datastores(request: Request) -> JSONResponse:
    return JSONResponse(page([datastore(workspace_of(request))]))


def datastore(workspace: LocalWorkspace) -> Document:
    sas = "?" + workspace.tokens.sas(DATASTORE, "racwdl")
    storage = {
        "accountName": "local",
        "containerName": DATASTORE,
        # The SDK builds https://{account}.blob.{endpoint}: with user info in front, the host stays 127.0.0.1.
        "endpoint": f"emulator@127.0.0.1:{workspace.address.tls_port}",
        "protocol": "https",
        "credential": sas,
        "credentialType": "Sas",
        "isSas": True,
        "sasToken": sas,
        "blobCacheTimeout": None,
        "serviceDataAccessAuthIdentity": "None",
        "sasTokenUri": None,
        "subscriptionId": None,
        "resourceGroup": None,
        "areWorkspaceManagedIdentitiesAllowed": False,
    }
    described = {"name": DEFAULT, "dataStoreType": "AzureBlob", "isDefault": True, "hasBeenValidated": True}
    described |= {"tags": None, "createdBy": None, "createdTime": now(), "modifiedTime": now()}
    return described | {"azureStorageSection": storage}


_BASE = "/datastore/v1.0"
routes = [
    Route(_BASE + "/default", get_default),
    Route(_BASE + "/datastores", list_datastores),
    Route(_BASE + "/datastores/{name}", get_datastore),
]
