from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from azureml_emulator.azure.arm.datastores.documents import (
    SAID,
    Datastore,
    Wish,
    as_v1,
    resource_of,
    said_in,
    secrets_of,
)
from azureml_emulator.azure.storage.datastores import registry
from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.query import number_of
from azureml_emulator.server.requests.strict_route import StrictRoute
from azureml_emulator.state.workspace import workspace_of

_LISTED = ("isDefault", "count", "orderByAsc", "$skip")


async def list_datastores(request: Request) -> JSONResponse:
    """All, in the order of their registration, the default first."""
    workspace, query = workspace_of(request), request.query_params
    default = registry.default_name(workspace)
    found = sorted(registry.all_datastores(workspace), key=lambda one: one["name"] != default)
    if wanted := query.get("isDefault"):
        found = [one for one in found if (one["name"] == default) == (wanted.lower() == "true")]
    start = number_of(query, "$skip", 0)
    page = found[start : start + number_of(query, "count", len(found) or 1, least=1)]
    return JSONResponse({"value": [resource_of(workspace, one) for one in page]})


async def get_datastore(request: Request) -> JSONResponse:
    workspace = workspace_of(request)
    return JSONResponse(resource_of(workspace, registry.get_datastore(workspace, request.path_params["name"])))


async def put_datastore(request: Request) -> JSONResponse:
    """On a container of the workspace's account that is there: this operation makes none."""
    workspace, body, name = workspace_of(request), await read_object(request, Datastore), request.path_params["name"]
    properties = body["properties"]
    sent = as_v1(workspace, name, properties)
    known = workspace.store.find("datastore", name.lower()) is not None
    with workspace.store.transaction():
        datastore = registry.put_datastore(workspace, sent, create=False, reserved=_reserved(request))
        workspace.store.put(SAID, datastore["name"], said_in(properties))
        _set_default(request, datastore["name"], wanted=properties.get("isDefault"))
    return JSONResponse(resource_of(workspace, datastore), 200 if known else 201)


async def delete_datastore(request: Request) -> Response:
    workspace, name = workspace_of(request), request.path_params["name"].lower()
    with workspace.store.transaction():
        registry.unregister(workspace, name)
        workspace.store.delete(SAID, name)
    return Response(status_code=200)


async def list_secrets(request: Request) -> JSONResponse:
    workspace = workspace_of(request)
    datastore = registry.get_datastore(workspace, request.path_params["name"])
    return JSONResponse(secrets_of(workspace, datastore, await read_object(request, Wish)))


def _set_default(request: Request, name: str, *, wanted: bool | None) -> None:
    """Raises BadRequest for the wish that there be no default."""
    workspace = workspace_of(request)
    if wanted:
        registry.set_default(workspace, name)
    elif wanted is False and registry.default_name(workspace) == name:
        raise BadRequest(f"datastore '{name}' is the default one: make another the default instead")


def _reserved(request: Request) -> set[str]:
    """Names of services, beside which containers lie."""
    return {route.path.split("/")[1] for route in request.app.routes}


_ONE = "/arm/datastores/{name}"
routes = [
    StrictRoute("/arm/datastores", list_datastores, parameters=_LISTED),
    StrictRoute(_ONE, get_datastore),
    StrictRoute(_ONE, put_datastore, ["PUT"], parameters=("skipValidation",)),
    StrictRoute(_ONE, delete_datastore, ["DELETE"]),
    StrictRoute(_ONE + "/listSecrets", list_secrets, ["POST"]),
]
