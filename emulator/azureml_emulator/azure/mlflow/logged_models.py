"""Logged models, which MLflow 3 makes of what `log_model` saves. Each is a folder among the files of its run.

So `run.register_model(model_path=…)` and `runs:/RUN/NAME` find there what they find with earlier versions of MLflow.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse

from azureml_emulator.azure.mlflow.filters import Values, ordered, parse
from azureml_emulator.azure.mlflow.paths import artifact_uri, operation
from azureml_emulator.azure.mlflow.run_documents import tags_of
from azureml_emulator.azure.mlflow.search import page_of
from azureml_emulator.azure.mlflow.shapes import LoggedModelSearch, LoggedModelStatus, NewLoggedModel, Params, Tagged
from azureml_emulator.azure.mlflow.times import milliseconds_of
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.server.requests.body import a_file_name, read_object
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of
from azureml_emulator.wire import Document, new_id, now

KIND = "mlflow logged model"
_STATUSES = ("LOGGED_MODEL_PENDING", "LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED")


async def create(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, NewLoggedModel)
    if not body.get("source_run_id"):
        raise NotSupported("a logged model without a run: call log_model inside of mlflow.start_run()")
    run = workspace.store.get("run", body["source_run_id"])
    model_id = f"m-{new_id().replace('-', '')}"
    name = a_file_name(body.get("name") or model_id, "the name of a logged model")
    with workspace.store.transaction():
        model = {
            "model_id": model_id,
            "name": name,
            "experiment_id": run["experimentId"],
            "source_run_id": run["runId"],
            "model_type": body.get("model_type") or "",
            "status": _STATUSES[0],
            "created": milliseconds_of(now()),
            "folder": name if _is_free(workspace.store, run["runId"], name) else f"{name}-{model_id}",
            "tags": tags_of(body),
            "params": _params_of(body),
        }
        workspace.store.put(KIND, model_id, model)
    return JSONResponse({"model": _view(workspace, model)})


async def get(request: Request) -> JSONResponse:
    return JSONResponse({"model": _view(workspace_of(request), _asked(request))})


async def finalize(request: Request) -> JSONResponse:
    status = (await read_object(request, LoggedModelStatus))["status"]
    if status not in _STATUSES:
        raise BadRequest(f"status must be one of {', '.join(_STATUSES)}, not {shortened(status)}")
    return _kept(request, _asked(request) | {"status": status})


async def set_tags(request: Request) -> JSONResponse:
    body, model = await read_object(request, Tagged), _asked(request)
    return _kept(request, model | {"tags": model["tags"] | tags_of(body)})


async def log_params(request: Request) -> JSONResponse:
    body, model = await read_object(request, Params), _asked(request)
    return _kept(request, model | {"params": model["params"] | _params_of(body)})


async def search(request: Request) -> JSONResponse:
    """Newest first unless an order is asked for."""
    workspace, query = workspace_of(request), await read_object(request, LoggedModelSearch)
    if query.get("datasets"):
        raise NotSupported("a search for logged models by their datasets")
    wanted = query.get("experiment_ids") or []
    matches = parse(query.get("filter") or "")
    models = [one for one in reversed(workspace.store.all(KIND)) if one["experiment_id"] in wanted]
    found = ordered([one for one in models if matches(_values(one))], _orders_of(query), _values)
    return JSONResponse(page_of("models", found, query, lambda model: _view(workspace, model)))


def _orders_of(query: Document) -> list[str]:
    orders = query.get("order_by") or []
    return [f"{one['field_name']} {'ASC' if one.get('ascending') else 'DESC'}" for one in orders]


def _params_of(body: Document) -> dict[str, str]:
    return tags_of({"tags": body.get("params") or []})


def _is_free(store: Store, run_id: str, name: str) -> bool:
    return not any(model["source_run_id"] == run_id and model["folder"] == name for model in store.all(KIND, run_id))


def _asked(request: Request) -> Document:
    return workspace_of(request).store.get(KIND, request.path_params["model"])


def _kept(request: Request, model: Document) -> JSONResponse:
    workspace = workspace_of(request)
    return JSONResponse({"model": _view(workspace, workspace.store.put(KIND, model["model_id"], model))})


def _values(model: Document) -> Values:
    attributes = model | {"creation_timestamp": model["created"], "last_updated_timestamp": model["created"]}
    return {"attributes": attributes, "tags": model["tags"], "params": model["params"], "metrics": {}}


def _view(workspace: LocalWorkspace, model: Document) -> Document:
    run = workspace.store.get("run", model["source_run_id"])
    info = {key: model[key] for key in ("model_id", "name", "experiment_id", "source_run_id", "model_type", "status")}
    info |= dict.fromkeys(("creation_timestamp_ms", "last_updated_timestamp_ms"), model["created"])
    info |= {"artifact_uri": f"{artifact_uri(workspace, run)}/{model['folder']}"}
    info |= {"tags": [{"key": key, "value": value} for key, value in model["tags"].items()]}
    params = [{"key": key, "value": value} for key, value in model["params"].items()]
    return {"info": info, "data": {"params": params, "metrics": []}}


_ONE = "/logged-models/{model}"
routes = [
    operation("POST", "/logged-models", create),
    operation("POST", "/logged-models/search", search),
    operation("GET", _ONE, get),
    operation("PATCH", _ONE, finalize),
    operation("PATCH", _ONE + "/tags", set_tags),
    operation("POST", _ONE + "/params", log_params),
]
