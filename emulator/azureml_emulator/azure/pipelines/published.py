"""Published pipelines: a graph with a REST address that takes parameters."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.azure.pipelines.graphs.assignments import merged
from azureml_emulator.azure.pipelines.graphs.documents import (
    active_only,
    create_pipeline_run,
    default_parameters,
    entity_status,
    refuse_notification,
    save_graph,
)
from azureml_emulator.azure.pipelines.graphs.modules import BASE
from azureml_emulator.azure.pipelines.runs.engine import Engine, engine_of
from azureml_emulator.azure.pipelines.shapes import NewPipeline, Submission
from azureml_emulator.errors import BadRequest, Conflict
from azureml_emulator.server.requests.body import read_json, read_object
from azureml_emulator.server.requests.shapes import checked
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of
from azureml_emulator.wire import Document, new_id, now, without_internal


async def publish(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, NewPipeline)
    refuse_notification(body)
    identifier, moment = new_id(), now()
    graph_id = save_graph(workspace.store, body["Graph"], body.get("GraphInterface"))
    given = ("Name", "Description", "Version", "ContinueRunOnStepFailure", "Properties", "EnableNotification")
    pipeline: Document = {key: body.get(key) for key in given} | {
        "Id": identifier,
        "GraphId": graph_id,
        "TotalRunSteps": len(body["Graph"]["ModuleNodes"]),
        **merged({"ParameterAssignments": default_parameters(workspace.store, graph_id)}, body),
        "Etag": "1",
        "CreatedDate": moment,
        "LastModifiedDate": moment,
        "EntityStatus": "Active",
    }
    workspace.store.put("pipeline", identifier, pipeline)
    return JSONResponse(view_published(workspace, pipeline))


async def list_published(request: Request) -> JSONResponse:
    workspace = workspace_of(request)
    wanted = active_only(workspace.store.all("pipeline"), request.query_params)
    return JSONResponse([view_published(workspace, one) for one in wanted])


async def get_published(request: Request) -> JSONResponse:
    workspace = workspace_of(request)
    return JSONResponse(view_published(workspace, workspace.store.get("pipeline", request.path_params["pipeline"])))


async def set_status(request: Request) -> JSONResponse:
    store, identifier = workspace_of(request).store, request.path_params["pipeline"]
    status = entity_status(await read_json(request))
    store.put("pipeline", identifier, store.get("pipeline", identifier) | {"EntityStatus": status})
    return JSONResponse({})


async def submit(request: Request) -> JSONResponse:
    workspace, pipeline_id = workspace_of(request), request.path_params["pipeline"]
    parent = request.query_params.get("parentRunId")
    run = submit_published(workspace, engine_of(request), pipeline_id, await read_object(request), parent_run_id=parent)
    return JSONResponse(without_internal(run))


async def list_runs(request: Request) -> JSONResponse:
    wanted = request.path_params["pipeline"]
    runs = workspace_of(request).store.all("pipeline run", wanted)
    return JSONResponse([without_internal(run) for run in runs if run["PipelineId"] == wanted])


def submit_published(
    workspace: LocalWorkspace,
    engine: Engine,
    pipeline_id: str,
    body: Document,
    *,
    schedule_id: str | None = None,
    parent_run_id: str | None = None,
) -> Document:
    """Start a run of a published pipeline. Raises Conflict when it is disabled, BadRequest for a body of odd shape."""
    checked(Submission, body)
    pipeline = workspace.store.get("pipeline", pipeline_id)
    if pipeline["EntityStatus"] == "Disabled":
        raise Conflict(f"published pipeline '{pipeline['Name']}' is disabled")
    if not body.get("ExperimentName"):
        raise BadRequest("the body has no ExperimentName")
    keep_going = body.get("ContinueRunOnStepFailure")
    submission = body | {
        "Description": body.get("Description") or pipeline["Description"],
        "RunSource": body.get("RunSource") or "Unavailable",
        "RunType": body.get("RunType") or "HTTP",
        **merged(pipeline, body),
        "ContinueRunOnStepFailure": pipeline["ContinueRunOnStepFailure"] if keep_going is None else keep_going,
    }
    with workspace.store.transaction():
        run = create_pipeline_run(
            workspace,
            experiment=body["ExperimentName"],
            graph_id=pipeline["GraphId"],
            submission=submission,
            pipeline_id=pipeline_id,
            schedule_id=schedule_id,
            parent_run_id=parent_run_id,
        )
        engine.submit(run["Id"])
    return run


def view_published(workspace: LocalWorkspace, pipeline: Document) -> Document:
    """With the address that starts it."""
    base = f"{workspace.address.http}{BASE}{workspace.scope}"
    return pipeline | {"Url": f"{base}/PipelineRuns/PipelineSubmit/{pipeline['Id']}"}


routes = [
    Route(BASE + "/Pipelines/Create", publish, methods=["POST"]),
    Route(BASE + "/Pipelines", list_published),
    Route(BASE + "/Pipelines/{pipeline}", get_published),
    Route(BASE + "/Pipelines/{pipeline}/status", set_status, methods=["PUT"]),
    Route(BASE + "/PipelineRuns/PipelineSubmit/{pipeline}", submit, methods=["POST"]),
    Route(BASE + "/PipelineRuns/Pipeline/{pipeline}", list_runs),
]
