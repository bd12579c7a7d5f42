from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from typing_extensions import TypedDict

from azureml_emulator.azure.arm import batch_endpoints, jobs, resources, role_assignments, schedules
from azureml_emulator.azure.arm.assets import routes as assets
from azureml_emulator.azure.arm.datastores import routes as datastores
from azureml_emulator.azure.arm.regions import REGIONS
from azureml_emulator.azure.mlflow.paths import tracking_uri
from azureml_emulator.azure.services.host import host_of
from azureml_emulator.errors import BadRequest, NotFound, NotSupported
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.refusals import Refusal
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.state.credentials.auth_mode import AuthMode, auth_mode, set_auth_mode
from azureml_emulator.state.credentials.tokens import TENANT_ID
from azureml_emulator.state.workspace import LOCATION, NAME, RESOURCE_GROUP, SUBSCRIPTION, LocalWorkspace, workspace_of
from azureml_emulator.wire import Document, now, page

_SERVICES = ("experimentation", "history", "hyperdrive", "modelmanagement", "studio", "pipelines", "catalog")
_AUTH_MODE = "systemDatastoresAuthMode"


class ChangedProperties(TypedDict, total=False):
    systemDatastoresAuthMode: str | None


class Changes(TypedDict, total=False):
    properties: ChangedProperties | None


async def list_subscriptions(request: Request) -> JSONResponse:
    subscription = {"id": f"/subscriptions/{SUBSCRIPTION}", "subscriptionId": SUBSCRIPTION, "tenantId": TENANT_ID}
    return JSONResponse(page([subscription | {"displayName": "local workspace", "state": "Enabled"}]))


async def get_workspace(request: Request) -> JSONResponse:
    return JSONResponse(workspace_resource(workspace_of(request)))


async def update_workspace(request: Request) -> JSONResponse:
    """As `az ml workspace update --system-datastores-auth-mode` asks."""
    workspace, body = workspace_of(request), await read_object(request, Changes)
    changed = [*body, *(body.get("properties") or {})]
    if other := [key for key in changed if key not in ("properties", _AUTH_MODE)]:
        raise NotSupported(f"changing the {other[0]} of the workspace")
    if (name := (body.get("properties") or {}).get(_AUTH_MODE)) is not None:
        mode = AuthMode.of(name)
        if mode is None:
            raise BadRequest(f"{_AUTH_MODE} {shortened(name)} is none of {', '.join(AuthMode)}")
        set_auth_mode(workspace.store, mode)
    return JSONResponse(workspace_resource(workspace))


async def list_workspaces(request: Request) -> JSONResponse:
    """Of a subscription, or of one resource group in it."""
    asked = (request.path_params["subscription"], request.path_params.get("group", RESOURCE_GROUP).lower())
    found = [workspace_resource(workspace_of(request))] if asked == (SUBSCRIPTION, RESOURCE_GROUP) else []
    return JSONResponse(page(found))


async def get_resource_group(request: Request) -> JSONResponse:
    subscription, group = request.path_params["subscription"], request.path_params["group"]
    if (subscription, group.lower()) != (SUBSCRIPTION, RESOURCE_GROUP):
        raise NotFound(f"resource group '{group}' not found: the local one is '{RESOURCE_GROUP}' of '{SUBSCRIPTION}'")
    resource = {"id": f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}", "name": RESOURCE_GROUP}
    return JSONResponse(resource | {"location": LOCATION, "properties": {"provisioningState": "Succeeded"}})


async def get_provider(request: Request) -> JSONResponse:
    """`Workspace.create` looks here for the region that it is given; with `exist_ok` it then takes what is there."""
    kinds = [{"resourceType": "workspaces", "locations": list(REGIONS), "apiVersions": ["2020-01-01"]}]
    identity = {"id": request.url.path, "namespace": _PROVIDER, "registrationState": "Registered"}
    return JSONResponse(identity | {"resourceTypes": kinds})


async def list_linked_services(_request: Request) -> JSONResponse:
    return JSONResponse(page([]))


async def get_discovery(request: Request) -> JSONResponse:
    """Base address of each service. SDK v1 accepts plain http on loopback here, which spares a handshake; v2, whose
    only one is `api`, sends no token by it."""
    address = workspace_of(request).address
    return JSONResponse(dict.fromkeys(_SERVICES, address.http) | {"api": address.tls})


async def get_health(request: Request) -> JSONResponse:
    """Open to all: which workspace this is, and which of its services are still being started again."""
    workspace = workspace_of(request)
    # Also how it was started: the file that says where it is may be of its last life for a moment.
    started = {
        "environments": workspace.interpreters.mode.value,
        "enforce_capacity": workspace.enforce_capacity,
        "share_gpus": workspace.gpus.share,
        "http_1_0": workspace.http_1_0,
    }
    return JSONResponse({"workspace": workspace.id, "starting": sorted(host_of(request).resuming)} | started)


def workspace_resource(workspace: LocalWorkspace) -> Document:
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}/providers"
    properties = {
        "friendlyName": NAME,
        "workspaceId": workspace.id,
        "provisioningState": "Succeeded",
        "creationTime": now(),
        "discoveryUrl": f"{workspace.address.http}/discovery",
        "mlFlowTrackingUri": tracking_uri(workspace),
        "description": "local workspace",
        "hbiWorkspace": False,
        "storageAccount": f"{group}/Microsoft.Storage/storageAccounts/local",
        "keyVault": f"{group}/Microsoft.Keyvault/vaults/local",
        "applicationInsights": f"{group}/Microsoft.insights/components/local",
        "containerRegistry": None,
        _AUTH_MODE: auth_mode(workspace.store).value,
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


_SUBSCRIPTION = "/subscriptions/{subscription}"
_GROUP = _SUBSCRIPTION + "/resourceGroups/{group}"
_PROVIDER = "Microsoft.MachineLearningServices"
_ONE_GROUP = f"there is one resource group, '{RESOURCE_GROUP}', with one workspace, '{NAME}'"
_ONE_WORKSPACE = "there is one workspace, which `up` makes and `reset` deletes"
routes = [
    *role_assignments.routes,
    *resources.routes,
    *jobs.routes,
    *assets.routes,
    *schedules.routes,
    *batch_endpoints.routes,
    *datastores.routes,
    Route("/health", get_health),
    Route("/discovery", get_discovery),
    Route("/subscriptions", list_subscriptions),
    Route(_SUBSCRIPTION + "/resources", list_workspaces),
    Route(_SUBSCRIPTION + "/resourcegroups/{group}", get_resource_group),
    Route(_SUBSCRIPTION + f"/providers/{_PROVIDER}", get_provider),
    Route(_GROUP + f"/providers/{_PROVIDER}/workspaces", list_workspaces),
    Route("/arm/linkedServices", list_linked_services),
    Route("/arm", get_workspace),
    Route("/arm", update_workspace, methods=["PATCH"]),
    Refusal("/arm", _ONE_WORKSPACE, ["DELETE"]),
    Refusal(_SUBSCRIPTION + "/resourcegroups/{group}", _ONE_GROUP, ["PUT", "DELETE"]),
    Refusal("/arm/listKeys", "its datastores tell what their storage asks for", ["POST"]),
    Refusal("/arm/resynckeys", "its keys do not change", ["POST"]),
]
