from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from emulator.artifacts.content import EXPERIMENT_RUN, content_uri, list_paths
from emulator.errors import Conflict
from emulator.history.runs import apply_event, ensure_experiment, experiment_by_id, patch_run, query_runs
from emulator.wire import Document, page, without_internal
from emulator.workspace import workspace_of

_LOG_FOLDERS = ("azureml-logs/", "logs/", "user_logs/", "system_logs/")


def _experiment_name(request: Request) -> str:
    if "experiment_id" in request.path_params:
        found = experiment_by_id(workspace_of(request).store, request.path_params["experiment_id"])
        return str(found["name"])
    return str(request.path_params["experiment"])


async def create_experiment(request: Request) -> JSONResponse:
    name, store = request.path_params["experiment"], workspace_of(request).store
    if store.find("experiment", name):
        raise Conflict(f"experiment '{name}' exists")
    return JSONResponse(ensure_experiment(store, name))


async def get_experiment(request: Request) -> JSONResponse:
    return JSONResponse(workspace_of(request).store.get("experiment", _experiment_name(request)))


async def query_experiments(request: Request) -> JSONResponse:
    return JSONResponse(page(workspace_of(request).store.all("experiment")))


async def get_run(request: Request) -> JSONResponse:
    return JSONResponse(without_internal(workspace_of(request).store.get("run", request.path_params["run"])))


async def patch(request: Request) -> JSONResponse:
    store, run_id = workspace_of(request).store, request.path_params["run"]
    return JSONResponse(without_internal(patch_run(store, _experiment_name(request), run_id, await request.json())))


async def patch_many(request: Request) -> JSONResponse:
    store, experiment = workspace_of(request).store, _experiment_name(request)
    changes = (await request.json())["runs"]
    runs = {one["runId"]: without_internal(patch_run(store, experiment, one["runId"], one)) for one in changes}
    return JSONResponse({"runs": runs, "errors": {}})


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
    parent = request.path_params["run"]
    runs = workspace_of(request).store.all("run")
    return JSONResponse(page(without_internal(run) for run in runs if run["parentRunId"] == parent))


async def query(request: Request) -> JSONResponse:
    body = await request.json() or {}
    found = query_runs(
        workspace_of(request).store, _experiment_name(request), body.get("filter") or "", body.get("top")
    )
    return JSONResponse(page(without_internal(run) for run in found))


async def get_token(request: Request) -> JSONResponse:
    token = workspace_of(request).tokens.bearer(f"run:{request.path_params['run']}")
    return JSONResponse({"token": token, "expiryTimeUtc": "2099-01-01T00:00:00.0000000+00:00"})


async def post_event(request: Request) -> JSONResponse:
    apply_event(workspace_of(request).store, request.path_params["run"], await request.json())
    return JSONResponse({})


async def post_events(request: Request) -> JSONResponse:
    for event in (await request.json())["events"]:
        data = event["data"]
        apply_event(workspace_of(request).store, data.get("runId") or data["RunId"], event)
    return JSONResponse({"errors": []})


async def wait_for_metrics(request: Request) -> JSONResponse:
    """Metrics are stored before they are acknowledged: there is never anything to wait for."""
    return JSONResponse({})


_BASE = "/history/v1.0"


def _under_experiment(path: str, endpoint: object, method: str) -> list[Route]:
    """The SDK addresses an experiment by name or by id, depending on the call."""
    bases = (f"{_BASE}/experiments/{{experiment}}", f"{_BASE}/experimentids/{{experiment_id}}")
    return [Route(base + path, endpoint, methods=[method]) for base in bases]  # type: ignore[arg-type]


routes = [
    Route(_BASE + "/experiments:query", query_experiments, methods=["POST"]),
    Route(_BASE + "/experiments/{experiment}", create_experiment, methods=["POST"]),
    *_under_experiment("", get_experiment, "GET"),
    Route(_BASE + "/runs/{run}", get_run),
    *_under_experiment("/runs/{run}", get_run, "GET"),
    *_under_experiment("/runs/{run}", patch, "PATCH"),
    *_under_experiment("/batch/runs", patch_many, "PATCH"),
    *_under_experiment("/runs/{run}/details", get_details, "GET"),
    *_under_experiment("/runs/{run}/children", list_children, "GET"),
    *_under_experiment("/runs/{run}/token", get_token, "GET"),
    *_under_experiment("/runs/{run}/events", post_event, "POST"),
    *_under_experiment("/batch/events", post_events, "POST"),
    *_under_experiment("/runs:query", query, "POST"),
    *_under_experiment("/runs/{run}/metricsingest/wait", wait_for_metrics, "GET"),
]
