from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.azure.runs.history import experiments, outputs, runs
from azureml_emulator.azure.runs.history.experiments import ensure_experiment, experiment_by_id, experiment_to_read
from azureml_emulator.azure.runs.history.runs import apply_event, patch_run
from azureml_emulator.azure.runs.history.shapes import Event, Events, ExperimentChanges, ManyChanges, Query, TagNames
from azureml_emulator.azure.storage.artifacts.content import EXPERIMENT_RUN, content_uri, list_paths
from azureml_emulator.errors import Conflict
from azureml_emulator.server.requests.body import read_json, read_object
from azureml_emulator.server.requests.shapes import Items, checked
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import Document, page, without_internal

_LOG_FOLDERS = ("azureml-logs/", "logs/", "user_logs/", "system_logs/")


def _experiment_name(request: Request) -> str:
    if "experiment_id" in request.path_params:
        found = experiment_by_id(workspace_of(request).store, request.path_params["experiment_id"])
        return str(found["name"])
    return str(request.path_params["experiment"])


async def _query(request: Request) -> Document:
    """What is asked for; the SDK sends null where that is everything."""
    query: Document = checked(Query, await read_json(request) or {})
    return query


async def create_experiment(request: Request) -> JSONResponse:
    name, store = request.path_params["experiment"], workspace_of(request).store
    if store.find("experiment", name):
        raise Conflict(f"experiment '{name}' exists")
    return JSONResponse(ensure_experiment(store, name))


async def get_experiment(request: Request) -> JSONResponse:
    """By name the active one only: the SDK then creates another in the place of one that was archived."""
    return JSONResponse(workspace_of(request).store.get("experiment", request.path_params["experiment"]))


async def get_experiment_by_id(request: Request) -> JSONResponse:
    return JSONResponse(experiment_by_id(workspace_of(request).store, request.path_params["experiment_id"]))


async def query_experiments(request: Request) -> JSONResponse:
    return JSONResponse(page(experiments.list_experiments(workspace_of(request).store, await _query(request))))


async def change_experiment(request: Request) -> JSONResponse:
    store, identifier = workspace_of(request).store, request.path_params["experiment_id"]
    return JSONResponse(experiments.change_experiment(store, identifier, await read_object(request, ExperimentChanges)))


async def delete_experiment_tags(request: Request) -> JSONResponse:
    identifier, names = request.path_params["experiment_id"], (await read_object(request, TagNames))["tags"]
    experiments.remove_tags(workspace_of(request).store, identifier, names)
    return JSONResponse({"errors": {}})


async def delete_experiment(request: Request) -> JSONResponse:
    experiments.delete_experiment(workspace_of(request).store, request.path_params["experiment_id"])
    return JSONResponse({})


async def get_run(request: Request) -> JSONResponse:
    return JSONResponse(without_internal(workspace_of(request).store.get("run", request.path_params["run"])))


async def patch(request: Request) -> JSONResponse:
    store, run_id = workspace_of(request).store, request.path_params["run"]
    changed = patch_run(store, _experiment_name(request), run_id, await read_object(request))
    return JSONResponse(without_internal(changed))


async def patch_many(request: Request) -> JSONResponse:
    store, experiment = workspace_of(request).store, _experiment_name(request)
    changes = (await read_object(request, ManyChanges))["runs"]
    with store.transaction():
        changed = [patch_run(store, experiment, one["runId"], one) for one in changes]
    return JSONResponse({"runs": {run["runId"]: without_internal(run) for run in changed}, "errors": {}})


async def get_details(request: Request) -> JSONResponse:
    workspace, run_id = workspace_of(request), request.path_params["run"]
    run = workspace.store.get("run", run_id)
    container = run["dataContainerId"]
    logs = [path for path in list_paths(workspace, EXPERIMENT_RUN, container) if path.startswith(_LOG_FOLDERS)]
    details: Document = {
        key: run[key]
        for key in ("runId", "target", "status", "startTimeUtc", "endTimeUtc", "error", "warnings", "properties")
    }
    details |= {key: run.get(key) or [] for key in ("inputDatasets", "outputDatasets")}
    details |= {"services": {}, "runDefinition": run["runDefinition"]}
    details["logFiles"] = {path: content_uri(workspace, EXPERIMENT_RUN, container, path) for path in logs}
    return JSONResponse(details)


async def list_children(request: Request) -> JSONResponse:
    asked = {key.removeprefix("$"): value for key, value in request.query_params.items()}
    return JSONResponse(runs.list_children(workspace_of(request).store, request.path_params["run"], asked))


async def list_runs_of_compute(request: Request) -> JSONResponse:
    asked = {key.removeprefix("$"): value for key, value in request.query_params.items()}
    return JSONResponse(runs.list_active(workspace_of(request).store, request.path_params["compute"], asked))


async def query(request: Request) -> JSONResponse:
    store = workspace_of(request).store
    experiment = experiment_to_read(store, request.path_params["experiment"])
    return JSONResponse(runs.query_runs(store, experiment["experimentId"], await _query(request)))


async def delete_tags(request: Request) -> JSONResponse:
    names = checked(Items[str], await read_json(request))
    changed = runs.remove_tags(workspace_of(request).store, request.path_params["run"], names)
    return JSONResponse(without_internal(changed))


async def get_token(request: Request) -> JSONResponse:
    token = workspace_of(request).tokens.run_bearer(request.path_params["run"])
    return JSONResponse({"token": token, "expiryTimeUtc": "2099-01-01T00:00:00.0000000+00:00"})


async def post_event(request: Request) -> JSONResponse:
    apply_event(workspace_of(request).store, request.path_params["run"], await read_object(request, Event))
    return JSONResponse({})


async def post_events(request: Request) -> JSONResponse:
    store, events = workspace_of(request).store, (await read_object(request, Events))["events"]
    with store.transaction():
        for event in events:
            apply_event(store, event["data"].get("runId") or event["data"]["RunId"], event)
    return JSONResponse({"errors": []})


async def wait_for_metrics(request: Request) -> JSONResponse:
    """Metrics are stored before they are acknowledged: there is never anything to wait for."""
    return JSONResponse({})


_BASE = "/history/v1.0"
_BY_NAME = _BASE + "/experiments/{experiment}"
_BY_ID = _BASE + "/experimentids/{experiment_id}"
_RUN = "/runs/{run}"
routes = [
    Route(_BASE + "/experiments:query", query_experiments, methods=["POST"]),
    Route(_BY_NAME, create_experiment, methods=["POST"]),
    Route(_BY_NAME, get_experiment),
    Route(_BY_ID, get_experiment_by_id),
    Route(_BY_ID, change_experiment, methods=["PATCH"]),
    Route(_BY_ID, delete_experiment, methods=["DELETE"]),
    Route(_BY_ID + "/tags:delete", delete_experiment_tags, methods=["POST"]),
    Route(_BASE + _RUN, get_run),
    Route(_BASE + _RUN + "/details", get_details),
    Route(_BASE + _RUN + "/children", list_children),
    Route(_BASE + "/computes/{compute}/runs", list_runs_of_compute),
    *outputs.routes,
    *(Route(base + _RUN, get_run) for base in (_BY_NAME, _BY_ID)),
    *(Route(base + _RUN, patch, methods=["PATCH"]) for base in (_BY_NAME, _BY_ID)),
    *(Route(base + _RUN + "/token", get_token) for base in (_BY_NAME, _BY_ID)),
    Route(_BY_NAME + "/batch/runs", patch_many, methods=["PATCH"]),
    Route(_BY_NAME + "/batch/events", post_events, methods=["POST"]),
    Route(_BY_NAME + "/runs:query", query, methods=["POST"]),
    Route(_BY_NAME + _RUN + "/details", get_details),
    Route(_BY_NAME + _RUN + "/children", list_children),
    Route(_BY_NAME + _RUN + "/events", post_event, methods=["POST"]),
    Route(_BY_NAME + _RUN + "/tags", delete_tags, methods=["DELETE"]),
    Route(_BY_NAME + _RUN + "/metricsingest/wait", wait_for_metrics),
]
