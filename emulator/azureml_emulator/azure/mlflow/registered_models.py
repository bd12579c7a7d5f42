"""MLflow's registered models: names, each with the versions that SDK v1 lists as models of that name.

A name that has no version yet is known to MLflow only.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse

from azureml_emulator.azure.assets.models.registry import NAME, delete_version
from azureml_emulator.azure.mlflow.filters import ordered, parse
from azureml_emulator.azure.mlflow.model_documents import NAMES, stage_of, version_of, versions
from azureml_emulator.azure.mlflow.paths import operation
from azureml_emulator.azure.mlflow.run_documents import tags_of
from azureml_emulator.azure.mlflow.search import page_of
from azureml_emulator.azure.mlflow.shapes import ModelChanges, NewModel, OfModel, Stages, TagOfModel
from azureml_emulator.azure.mlflow.times import milliseconds_of
from azureml_emulator.errors import BadRequest, Conflict, NotFound
from azureml_emulator.server.requests.body import a_text, read_object
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of
from azureml_emulator.wire import Document, now


async def create(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, NewModel)
    name = body["name"]
    if not NAME.fullmatch(name):
        raise BadRequest(f"the model name '{name}' is not 1 to 255 letters, digits, '.', '_' and '-'")
    if workspace.store.find(NAMES, name) or versions(workspace, name):
        raise Conflict(f"registered model '{name}' exists")
    known = {"name": name, "tags": tags_of(body), "createdTime": now()}
    workspace.store.put(NAMES, name, known | {"description": body.get("description") or ""})
    return JSONResponse({"registered_model": _view(workspace, name)})


async def get(request: Request) -> JSONResponse:
    name = a_text(request.query_params.get("name"), "name")
    return JSONResponse({"registered_model": _view(workspace_of(request), name)})


async def search(request: Request) -> JSONResponse:
    workspace, query = workspace_of(request), request.query_params
    matches = parse(query.get("filter") or "")
    names = dict.fromkeys(one["name"] for kind in (NAMES, "model") for one in workspace.store.all(kind))
    views = [_view(workspace, name) for name in sorted(names)]
    found = [one for one in views if matches(_values(one))]
    found = ordered(found, query.getlist("order_by"), _values)
    return JSONResponse(page_of("registered_models", found, dict(query), lambda one: one))


async def get_latest(request: Request) -> JSONResponse:
    """The newest version of each stage, or of those asked for."""
    workspace, body = workspace_of(request), await read_object(request, Stages)
    view = _view(workspace, body["name"])
    stages = [stage.lower() for stage in body.get("stages") or []]
    found = [one for one in view["latest_versions"] if not stages or one["current_stage"].lower() in stages]
    return JSONResponse({"model_versions": found})


async def update(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, ModelChanges)
    return _changed(workspace, body, {"description": body.get("description") or ""})


async def set_tag(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, TagOfModel)
    known = _known(workspace, body["name"])
    return _changed(workspace, body, {"tags": known["tags"] | tags_of({"tags": [body]})})


async def delete(request: Request) -> JSONResponse:
    """With all of its versions. Raises Conflict where a service has one of them."""
    workspace, body = workspace_of(request), await read_object(request, OfModel)
    name = _known(workspace, body["name"])["name"]
    with workspace.store.transaction():
        for version in versions(workspace, name):
            delete_version(workspace.store, version["id"])
        workspace.store.delete(NAMES, name)
    return JSONResponse({})


def _known(workspace: LocalWorkspace, name: str) -> Document:
    """What is known of a name, also of one that only SDK v1 has made versions of. Raises NotFound."""
    if known := workspace.store.find(NAMES, name):
        return known
    if not (found := versions(workspace, name)):
        raise NotFound(f"registered model '{name}' not found in this workspace")
    return {"name": name, "description": "", "tags": {}, "createdTime": found[0]["createdTime"]}


def _changed(workspace: LocalWorkspace, body: Document, changes: Document) -> JSONResponse:
    known = _known(workspace, body["name"])
    workspace.store.put(NAMES, known["name"], known | changes)
    return JSONResponse({"registered_model": _view(workspace, known["name"])})


def _view(workspace: LocalWorkspace, name: str) -> Document:
    known, found = _known(workspace, name), versions(workspace, name)
    newest = {stage_of(workspace.store, version): version for version in found}
    changed = found[-1]["modifiedTime"] if found else known["createdTime"]
    return {
        "name": name,
        "creation_timestamp": milliseconds_of(known["createdTime"]),
        "last_updated_timestamp": milliseconds_of(changed),
        "description": known["description"],
        "tags": [{"key": key, "value": value} for key, value in known["tags"].items()],
        "latest_versions": [version_of(workspace, version) for version in newest.values()],
    }


def _values(view: Document) -> dict[str, Document]:
    tags = {tag["key"]: tag["value"] for tag in view["tags"]}
    return {"attributes": view, "tags": tags, "params": {}, "metrics": {}}


_BASE = "/registered-models"
routes = [
    operation("POST", _BASE + "/create", create),
    operation("GET", _BASE + "/get", get),
    operation("GET", _BASE + "/search", search),
    operation("POST", _BASE + "/get-latest-versions", get_latest),
    operation("PATCH", _BASE + "/update", update),
    operation("POST", _BASE + "/set-tag", set_tag),
    operation("DELETE", _BASE + "/delete", delete),
]
