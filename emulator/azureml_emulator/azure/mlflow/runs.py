"""MLflow's operations on runs."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.azure.mlflow.metrics import history_of, log_metric
from azureml_emulator.azure.mlflow.paths import operation
from azureml_emulator.azure.mlflow.run_documents import (
    INPUTS,
    OUTPUTS,
    change_run,
    info_of,
    new_run,
    run_of,
    set_params,
    set_tags,
    tags_of,
)
from azureml_emulator.azure.mlflow.search import page_of, search_runs
from azureml_emulator.azure.mlflow.shapes import (
    Batch,
    KeyOfRun,
    MetricOfRun,
    ModelOfRun,
    NewRun,
    OfRun,
    PairOfRun,
    RunChanges,
    RunSearch,
    Used,
)
from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.body import a_text, read_object
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of
from azureml_emulator.wire import Document

_LOGGED_MODELS = "mlflow.log-model.history"


async def create(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, NewRun)
    with workspace.store.transaction():
        run = new_run(workspace.store, body)
    return JSONResponse({"run": run_of(workspace, run)})


async def get(request: Request) -> JSONResponse:
    workspace = workspace_of(request)
    return JSONResponse({"run": run_of(workspace, _run(workspace, dict(request.query_params)))})


async def update(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, RunChanges)
    changed = change_run(workspace.store, _run(workspace, body), body)
    return JSONResponse({"run_info": info_of(workspace, changed)})


async def delete(request: Request) -> JSONResponse:
    return await _hide(request, hidden=True)


async def restore(request: Request) -> JSONResponse:
    return await _hide(request, hidden=False)


async def search(request: Request) -> JSONResponse:
    return JSONResponse(search_runs(workspace_of(request), await read_object(request, RunSearch)))


async def post_metric(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, MetricOfRun)
    log_metric(workspace.store, _run(workspace, body)["runId"], body)
    return JSONResponse({})


async def post_param(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, PairOfRun)
    run = _run(workspace, body)
    set_params(run, [body])
    return _kept(workspace, run)


async def post_tag(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, PairOfRun)
    run = _run(workspace, body)
    set_tags(run, tags_of({"tags": [body]}))
    return _kept(workspace, run)


async def delete_tag(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, KeyOfRun)
    run = _run(workspace, body)
    run["tags"].pop(body["key"], None)
    return _kept(workspace, run)


async def post_batch(request: Request) -> JSONResponse:
    """All of it or nothing."""
    workspace, body = workspace_of(request), await read_object(request, Batch)
    run = _run(workspace, body)
    set_params(run, body.get("params") or [])
    set_tags(run, tags_of(body))
    with workspace.store.transaction():
        for metric in body.get("metrics") or []:
            log_metric(workspace.store, run["runId"], metric)
        workspace.store.put("run", run["runId"], run)
    return JSONResponse({})


async def post_batch_async(request: Request) -> JSONResponse:
    """The plugin's own form: an empty id says that all was stored, and nothing has to be waited for."""
    await post_batch(request)
    return JSONResponse({"batch_tracking_id": ""})


async def get_history(request: Request) -> JSONResponse:
    workspace, query = workspace_of(request), dict(request.query_params)
    name = a_text(query.get("metric_key"), "metric_key")
    found = history_of(workspace.store, _run(workspace, query)["runId"], name)
    return JSONResponse(page_of("metrics", found, query, lambda metric: metric))


async def post_model(request: Request) -> JSONResponse:
    """A model's description, which MLflow 1 and 2 keep as a tag of its run."""
    workspace, body = workspace_of(request), await read_object(request, ModelOfRun)
    run = _run(workspace, body)
    description = body["model_json"]
    earlier = str(run["tags"].get(_LOGGED_MODELS) or "[]")[1:-1]
    run["tags"][_LOGGED_MODELS] = f"[{', '.join(part for part in (earlier, description) if part)}]"
    return _kept(workspace, run)


async def post_inputs(request: Request) -> JSONResponse:
    return await _extend(request, INPUTS, {"datasets": "dataset_inputs", "models": "model_inputs"})


async def post_outputs(request: Request) -> JSONResponse:
    return await _extend(request, OUTPUTS, {"models": "model_outputs"})


async def _extend(request: Request, key: str, names: dict[str, str]) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, Used)
    run = _run(workspace, body)
    known = run.setdefault(key, {})
    for sent, kept in names.items():
        known[kept] = known.get(kept, []) + (body.get(sent) or [])
    return _kept(workspace, run)


async def _hide(request: Request, *, hidden: bool) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, OfRun)
    return _kept(workspace, _run(workspace, body) | {"hidden": hidden})


def _run(workspace: LocalWorkspace, asked: Document) -> Document:
    """Raises NotFound, or BadRequest where no run is named."""
    run_id = asked.get("run_id") or asked.get("run_uuid")
    if not run_id:
        raise BadRequest("the request lacks 'run_id'")
    return workspace.store.get("run", run_id)


def _kept(workspace: LocalWorkspace, run: Document) -> JSONResponse:
    workspace.store.put("run", run["runId"], run)
    return JSONResponse({})


routes = [
    operation("POST", "/runs/create", create),
    operation("GET", "/runs/get", get),
    operation("POST", "/runs/update", update),
    operation("POST", "/runs/delete", delete),
    operation("POST", "/runs/restore", restore),
    operation("POST", "/runs/search", search),
    operation("POST", "/runs/log-metric", post_metric),
    operation("POST", "/runs/log-parameter", post_param),
    operation("POST", "/runs/set-tag", post_tag),
    operation("POST", "/runs/delete-tag", delete_tag),
    operation("POST", "/runs/log-batch", post_batch),
    operation("POST", "/runs/log-model", post_model),
    operation("POST", "/runs/log-inputs", post_inputs),
    operation("POST", "/runs/outputs", post_outputs),
    operation("GET", "/metrics/get-history", get_history),
    Route("/mlflow/{version}/api/2.0/preview/mlflow/runs/log-batch-async", post_batch_async, methods=["POST"]),
]
