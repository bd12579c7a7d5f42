from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from azureml_emulator.azure.assets.models.registry import (
    create_asset,
    create_model,
    delete_version,
    list_models,
    whole_model,
)
from azureml_emulator.azure.assets.models.shapes import Asset, Model
from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.jsonpatch import apply_patch, read_patch
from azureml_emulator.server.requests.properties import refuse_changed
from azureml_emulator.server.requests.refusals import Refusal
from azureml_emulator.server.requests.shapes import checked, shortened
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import now


async def post_asset(request: Request) -> JSONResponse:
    return JSONResponse(create_asset(workspace_of(request).store, await read_object(request, Asset)))


async def get_asset(request: Request) -> JSONResponse:
    return JSONResponse(workspace_of(request).store.get("asset", request.path_params["asset"]))


async def post_model(request: Request) -> JSONResponse:
    return JSONResponse(create_model(workspace_of(request).store, await read_object(request, Model)))


async def get_model(request: Request) -> JSONResponse:
    return JSONResponse(workspace_of(request).store.get("model", request.path_params["model"]))


async def get_models(request: Request) -> JSONResponse:
    workspace, query = workspace_of(request), request.query_params
    models, token = list_models(workspace.store, query)
    if token is None:  # the SDK would follow a nextLink even where it is null
        return JSONResponse({"value": models})
    rest = urlencode({**query, "$skipToken": token})
    link = f"{workspace.address.http}{_BASE}{workspace.scope}/models?{rest}"
    return JSONResponse({"value": models, "nextLink": link})


async def patch_model(request: Request) -> JSONResponse:
    store, model_id = workspace_of(request).store, request.path_params["model"]
    model = store.get("model", model_id)
    identity, properties = {key: model[key] for key in _IDENTITY}, dict(model["properties"])
    known = set(model) | Model.__annotations__.keys()
    apply_patch(model, await read_patch(request))
    if changed := [key for key, value in identity.items() if model.get(key) != value]:
        raise BadRequest(f"the {changed[0]} of a model never changes: register another version")
    if unknown := model.keys() - known:
        raise BadRequest(f"a model has no {shortened(min(unknown))} to be set")
    model = whole_model(checked(Model, model, "the model"))
    refuse_changed(f"model {model_id}", properties, model["properties"])
    return JSONResponse(store.put("model", model_id, model | {"modifiedTime": now()}))


async def delete_model(request: Request) -> Response:
    delete_version(workspace_of(request).store, request.path_params["model"])
    return JSONResponse({})


async def list_images(_request: Request) -> JSONResponse:
    """There are none."""
    return JSONResponse({"value": []})


_IDENTITY = ("id", "name", "version", "createdTime", "url")
_BASE = "/modelmanagement/v1.0"
_NO_IMAGES = "images are of the deprecated way to deploy, which is not built here: use Model.deploy"
routes = [
    Route(_BASE + "/assets", post_asset, methods=["POST"]),
    Route(_BASE + "/assets/{asset}", get_asset),
    Route(_BASE + "/models", post_model, methods=["POST"]),
    Route(_BASE + "/models", get_models),
    Route(_BASE + "/models/{model}", get_model),
    Route(_BASE + "/models/{model}", patch_model, methods=["PATCH"]),
    Route(_BASE + "/models/{model}", delete_model, methods=["DELETE"]),
    Refusal(_BASE + "/packages", "no image is built here: deploy with Model.deploy", ["POST"]),
    Refusal(_BASE + "/profiles", "there is no profiler here: measure a deployed service", ["GET", "POST"]),
    Route(_BASE + "/images", list_images),
    Refusal(_BASE + "/images", _NO_IMAGES, ["POST"]),
    Refusal(_BASE + "/images/{image}", _NO_IMAGES, ["GET"]),
]
