"""MLflow's model versions. Each is a version of a model as SDK v1 has it, and can be deployed as such."""

from starlette.requests import Request
from starlette.responses import JSONResponse

from azureml_emulator.azure.assets.models.registry import create_asset, create_model, delete_version
from azureml_emulator.azure.mlflow.filters import ordered, parse
from azureml_emulator.azure.mlflow.model_documents import NAMES, STAGES, asked_version, version_of, versions
from azureml_emulator.azure.mlflow.model_sources import reference_of, uri_of
from azureml_emulator.azure.mlflow.paths import operation
from azureml_emulator.azure.mlflow.run_documents import tags_of
from azureml_emulator.azure.mlflow.search import page_of
from azureml_emulator.azure.mlflow.shapes import NewVersion, OfVersion, TagOfVersion, Transition, VersionChanges
from azureml_emulator.errors import BadRequest, NotFound
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of
from azureml_emulator.wire import Document, now

_STAGES = {stage.lower(): stage for stage in ("None", "Staging", "Production", "Archived")}


async def create(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, NewVersion)
    name = body["name"]
    if not (workspace.store.find(NAMES, name) or versions(workspace, name)):
        raise NotFound(f"registered model '{name}' not found in this workspace: create it first")
    reference = reference_of(workspace, body["source"])
    sent = {
        "name": name,
        "mimeType": "application/x-python",
        "framework": "MLFlow",
        "runId": body.get("run_id") or None,
        "description": body.get("description") or None,
        "kvTags": tags_of(body),
    }
    with workspace.store.transaction():
        asset = create_asset(workspace.store, {"name": name, "artifacts": [{"prefix": reference}]})
        model = create_model(workspace.store, sent | {"url": f"aml://asset/{asset['id']}"})
    return JSONResponse({"model_version": version_of(workspace, model)})


async def get(request: Request) -> JSONResponse:
    workspace = workspace_of(request)
    return JSONResponse({"model_version": version_of(workspace, _asked(workspace, dict(request.query_params)))})


async def get_download_uri(request: Request) -> JSONResponse:
    workspace = workspace_of(request)
    return JSONResponse({"artifact_uri": uri_of(workspace, _asked(workspace, dict(request.query_params)))})


async def search(request: Request) -> JSONResponse:
    """Newest first unless an order is asked for."""
    workspace, query = workspace_of(request), request.query_params
    matches = parse(query.get("filter") or "")
    views = [version_of(workspace, model) for model in reversed(workspace.store.all("model"))]
    found = ordered([one for one in views if matches(_values(one))], query.getlist("order_by"), _values)
    return JSONResponse(page_of("model_versions", found, dict(query), lambda one: one))


async def update(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, VersionChanges)
    described = {"description": body.get("description") or ""}
    return _kept(workspace, _asked(workspace, body) | described)


async def set_tag(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, TagOfVersion)
    model = _asked(workspace, body)
    return _kept(workspace, model | {"kvTags": model["kvTags"] | tags_of({"tags": [body]})})


async def set_stage(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, Transition)
    model, stage = _asked(workspace, body), _STAGES.get(body["stage"].lower())
    if stage is None:
        raise BadRequest(f"stage must be one of {', '.join(_STAGES.values())}, not {shortened(body['stage'])}")
    with workspace.store.transaction():
        if body.get("archive_existing_versions"):
            for other in versions(workspace, model["name"]):
                if (workspace.store.find(STAGES, other["id"]) or {}).get("stage") == stage:
                    workspace.store.put(STAGES, other["id"], {"stage": "Archived"})
        workspace.store.put(STAGES, model["id"], {"stage": stage})
    return _kept(workspace, model)


async def delete(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, OfVersion)
    delete_version(workspace.store, _asked(workspace, body)["id"])
    return JSONResponse({})


def _asked(workspace: LocalWorkspace, asked: Document) -> Document:
    return asked_version(workspace, asked.get("name"), asked.get("version"))


def _kept(workspace: LocalWorkspace, model: Document) -> JSONResponse:
    workspace.store.put("model", model["id"], model | {"modifiedTime": now()})
    return JSONResponse({"model_version": version_of(workspace, model)})


def _values(view: Document) -> dict[str, Document]:
    attributes = view | {"version_number": int(view["version"]), "source_path": view["source"]}
    tags = {tag["key"]: tag["value"] for tag in view["tags"]}
    return {"attributes": attributes, "tags": tags, "params": {}, "metrics": {}}


_BASE = "/model-versions"
routes = [
    operation("POST", _BASE + "/create", create),
    operation("GET", _BASE + "/get", get),
    operation("GET", _BASE + "/get-download-uri", get_download_uri),
    operation("GET", _BASE + "/search", search),
    operation("PATCH", _BASE + "/update", update),
    operation("POST", _BASE + "/set-tag", set_tag),
    operation("POST", _BASE + "/transition-stage", set_stage),
    operation("DELETE", _BASE + "/delete", delete),
]
