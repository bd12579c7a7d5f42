"""MLflow's operations on experiments."""

from starlette.requests import Request
from starlette.responses import JSONResponse

from azureml_emulator.azure.mlflow.filters import Values, ordered, parse
from azureml_emulator.azure.mlflow.paths import BASE, operation
from azureml_emulator.azure.mlflow.run_documents import tags_of
from azureml_emulator.azure.mlflow.search import page_of, stages_of
from azureml_emulator.azure.mlflow.shapes import ExperimentSearch, NewExperiment, OfExperiment, TagOfExperiment
from azureml_emulator.azure.mlflow.times import milliseconds_of
from azureml_emulator.azure.runs.history.experiments import (
    change_experiment,
    ensure_experiment,
    experiment_by_id,
    experiment_to_read,
)
from azureml_emulator.errors import BadRequest, Conflict, NotSupported
from azureml_emulator.server.requests.body import a_text, read_object
from azureml_emulator.server.requests.refusals import Refusal
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import Document


async def create(request: Request) -> JSONResponse:
    store, body = workspace_of(request).store, await read_object(request, NewExperiment)
    name = body["name"]
    if not name.strip():
        raise BadRequest("the name of an experiment is empty")
    if body.get("artifact_location"):
        raise NotSupported("an artifact_location of an experiment: files lie in the workspace's own datastore")
    if store.find("experiment", name):
        raise Conflict(f"experiment '{name}' exists")
    with store.transaction():
        identifier = str(ensure_experiment(store, name)["experimentId"])
        if tags := tags_of(body):
            change_experiment(store, identifier, {"tags": tags})
    return JSONResponse({"experiment_id": identifier})


async def get(request: Request) -> JSONResponse:
    identifier = a_text(request.query_params.get("experiment_id"), "experiment_id")
    return JSONResponse({"experiment": _view(experiment_by_id(workspace_of(request).store, identifier))})


async def get_by_name(request: Request) -> JSONResponse:
    name = a_text(request.query_params.get("experiment_name"), "experiment_name")
    return JSONResponse({"experiment": _view(experiment_to_read(workspace_of(request).store, name))})


async def search(request: Request) -> JSONResponse:
    """Newest first unless an order is asked for."""
    query = await read_object(request, ExperimentSearch)
    matches, stages = parse(query.get("filter") or ""), stages_of(query.get("view_type"))
    found = [_view(experiment) for experiment in reversed(workspace_of(request).store.all("experiment"))]
    found = [one for one in found if one["lifecycle_stage"] in stages and matches(_values(one))]
    found = ordered(found, query.get("order_by") or [], _values)
    return JSONResponse(page_of("experiments", found, query, lambda one: one))


async def list_all(request: Request) -> JSONResponse:
    """What MLflow 1 asks for."""
    query = dict(request.query_params)
    stages = stages_of(query.get("view_type"))
    found = [_view(experiment) for experiment in workspace_of(request).store.all("experiment")]
    found = [one for one in found if one["lifecycle_stage"] in stages]
    return JSONResponse(page_of("experiments", found, query, lambda one: one))


async def delete(request: Request) -> JSONResponse:
    return _changed(request, await read_object(request, OfExperiment), {"archive": True})


async def restore(request: Request) -> JSONResponse:
    return _changed(request, await read_object(request, OfExperiment), {"archive": False})


async def set_tag(request: Request) -> JSONResponse:
    body = await read_object(request, TagOfExperiment)
    return _changed(request, body, {"tags": tags_of({"tags": [body]})})


def _changed(request: Request, body: Document, changes: Document) -> JSONResponse:
    change_experiment(workspace_of(request).store, body["experiment_id"], changes)
    return JSONResponse({})


def _view(experiment: Document) -> Document:
    created = milliseconds_of(experiment["createdUtc"])
    return {
        "experiment_id": experiment["experimentId"],
        "name": experiment["name"],
        "artifact_location": "",
        "lifecycle_stage": "deleted" if experiment["archivedTime"] else "active",
        "creation_time": created,
        "last_update_time": created,
        "tags": [{"key": key, "value": value or ""} for key, value in experiment["tags"].items()],
    }


def _values(view: Document) -> Values:
    tags = {tag["key"]: tag["value"] for tag in view["tags"]}
    return {"attributes": view, "tags": tags, "params": {}, "metrics": {}}


routes = [
    operation("POST", "/experiments/create", create),
    operation("GET", "/experiments/get", get),
    operation("GET", "/experiments/get-by-name", get_by_name),
    operation("POST", "/experiments/search", search),
    operation("GET", "/experiments/list", list_all),
    operation("POST", "/experiments/delete", delete),
    operation("POST", "/experiments/restore", restore),
    Refusal(BASE + "/experiments/update", "an experiment keeps its name, on Azure, too", ["POST"]),
    operation("POST", "/experiments/set-experiment-tag", set_tag),
]
