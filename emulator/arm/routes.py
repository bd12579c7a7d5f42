from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from emulator.redirect import cloud_metadata
from emulator.services.host import host_of
from emulator.tokens import TENANT_ID
from emulator.wire import Document, now, page
from emulator.workspace import LOCATION, NAME, RESOURCE_GROUP, SUBSCRIPTION, LocalWorkspace, workspace_of

_SERVICES = ("api", "experimentation", "history", "hyperdrive", "modelmanagement", "studio", "pipelines", "catalog")


async def get_cloud_metadata(request: Request) -> JSONResponse:
    return JSONResponse(cloud_metadata(workspace_of(request).address))


async def list_subscriptions(request: Request) -> JSONResponse:
    subscription = {"id": f"/subscriptions/{SUBSCRIPTION}", "subscriptionId": SUBSCRIPTION, "tenantId": TENANT_ID}
    return JSONResponse(page([subscription | {"displayName": "local workspace", "state": "Enabled"}]))


async def get_workspace(request: Request) -> JSONResponse:
    return JSONResponse(workspace_resource(workspace_of(request)))


async def list_workspaces(request: Request) -> JSONResponse:
    return JSONResponse(page([workspace_resource(workspace_of(request))]))


async def get_discovery(request: Request) -> JSONResponse:
    """Base address of each service. Plain http on loopback is accepted by the SDK here, and spares a handshake."""
    base = workspace_of(request).address.http
    return JSONResponse(dict.fromkeys(_SERVICES, base))


async def get_health(request: Request) -> JSONResponse:
    """Open to all: which workspace this is, and which of its services are still being started again."""
    return JSONResponse({"workspace": workspace_of(request).id, "starting": sorted(host_of(request).resuming)})


def workspace_resource(workspace: LocalWorkspace) -> Document:
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}/providers"
    properties = {
        "friendlyName": NAME,
        "workspaceId": workspace.id,
        "provisioningState": "Succeeded",
        "creationTime": now(),
        "discoveryUrl": f"{workspace.address.http}/discovery",
        "description": "local workspace",
        "hbiWorkspace": False,
        "storageAccount": f"{group}/Microsoft.Storage/storageAccounts/local",
        "keyVault": f"{group}/Microsoft.Keyvault/vaults/local",
        "applicationInsights": f"{group}/Microsoft.insights/components/local",
        "containerRegistry": None,
    }
    return {
        "id": workspace.scope,
        "name": NAME,
        "location": LOCATION,
        "type": "Microsoft.MachineLearningServices/workspaces",
        "tags": {},
        "sku": {"name": "Basic", "tier": "Basic"},
        "identity": {"principalId": workspace.id, "tenantId": TENANT_ID, "type": "SystemAssigned"},
        "properties": properties,
    }


_PROVIDER = "/providers/Microsoft.MachineLearningServices/workspaces"
routes = [
    Route("/health", get_health),
    Route("/discovery", get_discovery),
    Route("/metadata/endpoints", get_cloud_metadata),
    Route("/subscriptions", list_subscriptions),
    Route("/subscriptions/{subscription}" + _PROVIDER, list_workspaces),
    Route("/subscriptions/{subscription}/resourceGroups/{group}" + _PROVIDER, list_workspaces),
    Route("/arm", get_workspace),
]
