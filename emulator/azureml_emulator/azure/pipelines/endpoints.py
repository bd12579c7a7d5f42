"""Pipeline endpoints: one address for a sequence of published pipelines, of which one is the default."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.azure.pipelines.graphs.documents import active_only, entity_status
from azureml_emulator.azure.pipelines.graphs.modules import BASE
from azureml_emulator.azure.pipelines.published import submit_published, view_published
from azureml_emulator.azure.pipelines.runs.engine import engine_of
from azureml_emulator.azure.pipelines.shapes import Endpoint, NewEndpoint
from azureml_emulator.errors import BadRequest, Conflict, NotFound
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.query import number_of
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of
from azureml_emulator.wire import Document, new_id, now, without_internal

_KIND = "pipeline endpoint"


async def create(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, NewEndpoint)
    identifier, moment = new_id(), now()
    endpoint = {
        "Id": identifier,
        "Name": body["Name"],
        "Description": body.get("Description"),
        "DefaultVersion": "0",
        "PipelineVersionList": [{"Version": "0", "PipelineId": body["PipelineId"]}],
        "Etag": "1",
        "CreatedDate": moment,
        "LastModifiedDate": moment,
        "EntityStatus": "Active",
        "SwaggerUrl": None,
        "Properties": body.get("Properties"),
        "tags": {},
    }
    _check(workspace.store, endpoint)
    workspace.store.put(_KIND, identifier, endpoint)
    return JSONResponse(_view(workspace, endpoint))


async def get_by_id(request: Request) -> JSONResponse:
    workspace = workspace_of(request)
    return JSONResponse(_view(workspace, workspace.store.get(_KIND, request.path_params["endpoint"])))


async def get_by_name(request: Request) -> JSONResponse:
    return JSONResponse(_view(workspace_of(request), _by_name(request)))


async def list_endpoints(request: Request) -> JSONResponse:
    workspace = workspace_of(request)
    wanted = active_only(workspace.store.all(_KIND), request.query_params)
    # The SDK's `max_results`. Azure doesn't document which ones are left out; here the oldest come first.
    most = number_of(request.headers, "BatchSize", len(wanted))
    return JSONResponse([_view(workspace, endpoint) for endpoint in wanted[:most]])


async def list_pipelines(request: Request) -> JSONResponse:
    workspace = workspace_of(request)
    versions = workspace.store.get(_KIND, request.path_params["endpoint"])["PipelineVersionList"]
    pipelines = [workspace.store.get("pipeline", version["PipelineId"]) for version in versions]
    wanted = active_only(pipelines, request.query_params)
    return JSONResponse([view_published(workspace, pipeline) for pipeline in wanted])


async def update(request: Request) -> JSONResponse:
    """The SDK sends the whole endpoint: versions, default, status."""
    workspace, identifier = workspace_of(request), request.path_params["endpoint"]
    endpoint = workspace.store.get(_KIND, identifier)
    body = await read_object(request, Endpoint)
    sent = {key: value for key, value in body.items() if value is not None and key in endpoint}
    endpoint |= sent | {"Id": identifier, "LastModifiedDate": now()}
    endpoint["EntityStatus"] = entity_status(endpoint["EntityStatus"])
    _check(workspace.store, endpoint)
    return JSONResponse(_view(workspace, workspace.store.put(_KIND, identifier, endpoint)))


def _check(store: Store, endpoint: Document) -> None:
    """Raises BadRequest, NotFound or Conflict for an endpoint that could not be started, or found, later."""
    name, default = endpoint["Name"], endpoint["DefaultVersion"]
    if any(known["Name"] == name and known["Id"] != endpoint["Id"] for known in store.all(_KIND)):
        raise Conflict(f"pipeline endpoint '{name}' exists")
    for version in endpoint["PipelineVersionList"]:
        store.get("pipeline", version["PipelineId"])
    if default not in [version["Version"] for version in endpoint["PipelineVersionList"]]:
        raise BadRequest(f"pipeline endpoint '{name}' has no version {default} that could be its DefaultVersion")


async def submit(request: Request) -> JSONResponse:
    version = request.path_params.get("version") or request.query_params.get("pipelineVersion")
    return await _submit(request, request.path_params["endpoint"], version)


async def submit_by_name(request: Request) -> JSONResponse:
    """The address that people write themselves: `…/PipelineEndpointSubmit/Name?name=release&pipelineVersion=0`."""
    return await _submit(request, _by_name(request)["Id"], request.query_params.get("pipelineVersion"))


async def _submit(request: Request, endpoint_id: str, version: str | None) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request)
    pipeline_id = startable_pipeline(workspace.store, endpoint_id, version)
    parent = request.query_params.get("parentRunId")
    run = submit_published(workspace, engine_of(request), pipeline_id, body, parent_run_id=parent)
    return JSONResponse(without_internal(run))


def _by_name(request: Request) -> Document:
    name = request.query_params.get("Name") or request.query_params.get("name")
    for endpoint in workspace_of(request).store.all(_KIND):
        if endpoint["Name"] == name:
            return endpoint
    raise NotFound(f"pipeline endpoint '{name}' not found")


def startable_pipeline(store: Store, endpoint_id: str, version: str | None = None) -> str:
    """The published pipeline that an endpoint starts now. Raises Conflict when the endpoint is disabled."""
    endpoint = store.get(_KIND, endpoint_id)
    if endpoint["EntityStatus"] == "Disabled":
        raise Conflict(f"pipeline endpoint '{endpoint['Name']}' is disabled")
    return pipeline_of(endpoint, version)


def pipeline_of(endpoint: Document, version: str | None = None) -> str:
    """The published pipeline of a version, by default the endpoint's default."""
    wanted = version or endpoint["DefaultVersion"]
    for entry in endpoint["PipelineVersionList"]:
        if entry["Version"] == wanted:
            return str(entry["PipelineId"])
    raise NotFound(f"pipeline endpoint '{endpoint['Name']}' has no version {wanted}")


def _view(workspace: LocalWorkspace, endpoint: Document) -> Document:
    base = f"{workspace.address.http}{BASE}{workspace.scope}"
    return endpoint | {"Url": f"{base}/PipelineRuns/PipelineEndpointSubmit/Id/{endpoint['Id']}"}


routes = [
    Route(BASE + "/PipelineEndpoints/Create", create, methods=["POST"]),
    Route(BASE + "/PipelineEndpoints", list_endpoints),
    Route(BASE + "/PipelineEndpoints/Name", get_by_name),
    Route(BASE + "/PipelineEndpoints/Id/{endpoint}", get_by_id),
    Route(BASE + "/PipelineEndpoints/{endpoint}", update, methods=["PUT"]),
    Route(BASE + "/PipelineEndpoints/{endpoint}/pipelines", list_pipelines),
    Route(BASE + "/PipelineRuns/PipelineEndpointSubmit/Name", submit_by_name, methods=["POST"]),
    Route(BASE + "/PipelineRuns/PipelineEndpointSubmit/Id/{endpoint}", submit, methods=["POST"]),
    Route(BASE + "/PipelineRuns/PipelineEndpointSubmit/Id/{endpoint}/{version}", submit, methods=["POST"]),
]
