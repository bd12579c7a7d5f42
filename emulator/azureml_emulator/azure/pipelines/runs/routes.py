"""Runs of pipelines: submission, status of their nodes, logs, cancellation."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from azureml_emulator.azure.pipelines.graphs.documents import create_pipeline_run, parent_of, save_graph
from azureml_emulator.azure.pipelines.graphs.modules import BASE
from azureml_emulator.azure.pipelines.runs import component
from azureml_emulator.azure.pipelines.runs.engine import engine_of
from azureml_emulator.azure.pipelines.shapes import NewRun
from azureml_emulator.azure.storage.artifacts.content import EXPERIMENT_RUN, artifact_file
from azureml_emulator.errors import BadRequest, NotFound, NotSupported
from azureml_emulator.execution.files import DRIVER_LOG
from azureml_emulator.server.growing_files import GrowingFileResponse
from azureml_emulator.server.requests.body import read_json, read_object
from azureml_emulator.server.requests.shapes import Items, checked
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import Document, without_internal

_LOGS = ("STDOUT", "STDERR", "JobLog")


async def create_run(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, NewRun)
    submission = body["CreationInfo"]
    experiment = request.query_params.get("experimentName") or submission.get("RunHistoryExperimentName")
    if not experiment:
        raise BadRequest("the request lacks 'RunHistoryExperimentName' in CreationInfo")
    graph_id = save_graph(workspace.store, body["Graph"], body.get("GraphInterface"))
    run = create_pipeline_run(workspace, experiment=experiment, graph_id=graph_id, submission=submission)
    return JSONResponse(without_internal(run))


async def submit_run(request: Request) -> JSONResponse:
    """The SDK names a parent here only, not where it creates the run."""
    store, run = workspace_of(request).store, _run(request)
    if run["IsSubmitted"]:  # a client that heard no answer asks again
        return JSONResponse({})
    if parent := request.query_params.get("parentRunId"):
        store.put("pipeline run", run["Id"], run | parent_of(store, parent))
    engine_of(request).submit(run["Id"])
    return JSONResponse({})


async def get_run(request: Request) -> JSONResponse:
    await engine_of(request).settle(request.path_params["run"])
    return JSONResponse(without_internal(_run(request)))


async def cancel_run(request: Request) -> JSONResponse:
    _run(request)
    await engine_of(request).cancel(request.path_params["run"])
    return JSONResponse({})


async def get_graph(request: Request) -> JSONResponse:
    return JSONResponse(workspace_of(request).store.get("graph", request.path_params["graph"])["graph"])


async def get_interface(request: Request) -> JSONResponse:
    return JSONResponse(workspace_of(request).store.get("graph", request.path_params["graph"])["interface"])


async def get_node_status_code(request: Request) -> JSONResponse:
    return JSONResponse((await _node(request))["StatusCode"])


async def get_node_outputs(request: Request) -> JSONResponse:
    return JSONResponse((await _node(request))["_outputs"])


async def get_pipeline_output(request: Request) -> JSONResponse:
    """What a step wrote that its pipeline gave a name of its own."""
    run, name = _run(request), request.path_params["output"]
    graph = workspace_of(request).store.get("graph", run["GraphId"])["graph"]
    named = {edge["DestinationInputPort"].get("GraphPortName"): edge["SourceOutputPort"] for edge in graph["Edges"]}
    if name not in named:
        raise NotFound(f"pipeline run {run['Id']} has no pipeline output '{name}'")
    outputs = run["_nodes"].get(named[name].get("NodeId"), {}).get("_outputs", {})
    if (port := named[name].get("PortName")) not in outputs:
        raise NotFound(f"the step that writes the pipeline output '{name}' of run {run['Id']} has not started")
    return JSONResponse(outputs[port])


async def get_node_log(request: Request) -> Response:
    """Raw text; empty while there is none. Both streams of a step are one log: that of errors, where it failed."""
    node, log = await _node(request), request.path_params["log"]
    if log not in _LOGS:
        raise NotSupported(f"the step log {log}")
    logs = [
        artifact_file(workspace_of(request), EXPERIMENT_RUN, f"dcid.{node['RunId']}", path)
        for path in (DRIVER_LOG, component.LOG)
    ]
    file = next((one for one in logs if one.is_file()), None)
    if file is None or (log == "STDERR" and node["StatusCode"] != "Failed"):
        return PlainTextResponse("")
    return GrowingFileResponse(file, media_type="text/plain")


def _run(request: Request) -> Document:
    return workspace_of(request).store.get("pipeline run", request.path_params["run"])


async def _node(request: Request) -> Document:
    body = await read_json(request)
    if isinstance(body, dict):
        body = body.get("NodeIdPath") or body.get("nodeIdPath")
    path, nodes = checked(Items[str], body, "the path of a node"), _run(request)["_nodes"]
    if not path or path[-1] not in nodes:
        raise BadRequest(f"pipeline run {request.path_params['run']} has no node {path}")
    node: Document = nodes[path[-1]]
    return node


_RUN = BASE + "/PipelineRuns/{run}"
routes = [
    Route(BASE + "/PipelineRuns/Unsubmitted/CreationInfoWithGraph", create_run, methods=["POST"]),
    Route(BASE + "/PipelineRuns/Submit/{run}", submit_run, methods=["POST"]),
    Route(_RUN, get_run),
    Route(_RUN + "/Execution", cancel_run, methods=["DELETE"]),
    Route(_RUN + "/Graph/Node/StatusCode", get_node_status_code, methods=["POST"]),
    Route(_RUN + "/Graph/Shareable/{log}", get_node_log, methods=["POST"]),
    Route(_RUN + "/PipelineRunOutputs/{output}", get_pipeline_output),
    Route(_RUN + "/Outputs", get_node_outputs, methods=["POST"]),
    Route(BASE + "/Graphs/{graph}", get_graph),
    Route(BASE + "/Graphs/{graph}/Interface", get_interface),
]
