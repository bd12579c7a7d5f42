"""Azure ML modules: a name with versions, each of them the definition of a step that any pipeline may use."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.azure.pipelines.graphs.documents import entity_status
from azureml_emulator.azure.pipelines.graphs.modules import BASE, store_module, view_module
from azureml_emulator.azure.pipelines.graphs.shapes import (
    AzureMLModule,
    ChangedVersion,
    ModuleVersion,
    NewAzureMLModule,
)
from azureml_emulator.errors import Conflict, NotFound
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import Document, new_id, now

_KIND = "azureml module"
_CHANGEABLE = ("Name", "Description", "DefaultVersion", "Versions", "EntityStatus")


async def create(request: Request) -> JSONResponse:
    store, body = workspace_of(request).store, await read_object(request, NewAzureMLModule)
    if any(known["Name"] == body["Name"] for known in store.all(_KIND)):
        raise Conflict(f"module '{body['Name']}' exists: get it by its name, and publish another version of it")
    identifier, moment = new_id(), now()
    module = {
        "Id": identifier,
        "Name": body["Name"],
        "Description": body.get("Description"),
        "Versions": [],
        "DefaultVersion": None,
        "Hash": None,
        "Etag": "1",
        "CreatedDate": moment,
        "LastModifiedDate": moment,
        "EntityStatus": "Active",
    }
    return JSONResponse(store.put(_KIND, identifier, module))


async def get_by_id(request: Request) -> JSONResponse:
    return JSONResponse(workspace_of(request).store.get(_KIND, request.path_params["module"]))


async def get_by_name(request: Request) -> JSONResponse:
    name = request.query_params.get("name")
    for module in workspace_of(request).store.all(_KIND):
        if module["Name"] == name:
            return JSONResponse(module)
    raise NotFound(f"module '{name}' not found")


async def update(request: Request) -> JSONResponse:
    """The SDK sends the whole module: name, versions, default, status."""
    store, identifier = workspace_of(request).store, request.path_params["module"]
    body = await read_object(request, AzureMLModule)
    sent = {key: body[key] for key in _CHANGEABLE if body.get(key) is not None}
    module = store.get(_KIND, identifier) | sent | {"LastModifiedDate": now()}
    module["EntityStatus"] = entity_status(module["EntityStatus"])
    return JSONResponse(store.put(_KIND, identifier, module))


async def create_version(request: Request) -> JSONResponse:
    """A version is kept beside the definitions of ordinary steps: a graph's node may name either."""
    store, body = workspace_of(request).store, await read_object(request, ModuleVersion)
    module = store.get(_KIND, body["AmlModuleId"])
    if any(version.get("Version") == body.get("Version") for version in module["Versions"]):
        raise Conflict(f"module '{module['Name']}' has a version {body.get('Version')}")
    stored = store_module(store, body)
    module["Versions"].append({"ModuleVersionId": stored["Id"], "Version": body.get("Version")})
    if body.get("SetAsDefaultVersion"):
        module["DefaultVersion"] = body.get("Version")
    store.put(_KIND, module["Id"], module | {"LastModifiedDate": now()})
    return JSONResponse(_view_version(stored))


async def get_version(request: Request) -> JSONResponse:
    return JSONResponse(_view_version(workspace_of(request).store.get("module", request.path_params["version"])))


async def update_version(request: Request) -> JSONResponse:
    """Of a version only the description and the status can change."""
    store, identifier, sent = (
        workspace_of(request).store,
        request.path_params["version"],
        (await read_object(request, ChangedVersion))["Data"],
    )
    version = store.get("module", identifier)
    status = entity_status(sent.get("EntityStatus") or version["EntityStatus"])
    version |= {"Description": sent.get("Description"), "EntityStatus": status, "LastModifiedDate": now()}
    return JSONResponse(_view_version(store.put("module", identifier, version)))


def _view_version(version: Document) -> Document:
    return view_module(version) | {"ModuleId": version.get("AmlModuleId")}


routes = [
    Route(BASE + "/AzureMLModules", create, methods=["POST"]),
    Route(BASE + "/AzureMLModules/Name", get_by_name),
    Route(BASE + "/AzureMLModules/{module}", get_by_id),
    Route(BASE + "/AzureMLModules/{module}", update, methods=["PUT"]),
    Route(BASE + "/AzureMLModuleVersions", create_version, methods=["POST"]),
    Route(BASE + "/AzureMLModuleVersions/{version}", get_version),
    Route(BASE + "/AzureMLModuleVersions/{version}", update_version, methods=["PUT"]),
]
