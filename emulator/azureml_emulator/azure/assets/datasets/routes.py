from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.azure.assets.datasets import registry
from azureml_emulator.azure.assets.datasets.shapes import Definition, Registration, Update
from azureml_emulator.errors import NotSupported
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import page


async def register(request: Request) -> JSONResponse:
    if _is_set(request, "registerAsPending") or _is_set(request, "withDataHash"):
        raise NotSupported("datasets that are registered as pending or with a hash of their data")
    store, new_version = workspace_of(request).store, _is_set(request, "ifExistsOk")
    return JSONResponse(registry.register(store, await read_object(request, Registration), new_version=new_version))


async def list_datasets(request: Request) -> JSONResponse:
    """Each with its newest version. The SDK asks for pages; all fit one."""
    if request.query_params.get("searchText") or request.query_params.get("datasetNames"):
        raise NotSupported("a search among datasets")
    return JSONResponse(page(registry.newest_versions(workspace_of(request).store)))


async def get_by_name(request: Request) -> JSONResponse:
    store, version = workspace_of(request).store, request.query_params.get("versionId")
    return JSONResponse(registry.get_by_name(store, request.path_params["name"], version))


async def get_by_saved_id(request: Request) -> JSONResponse:
    store = workspace_of(request).store
    return JSONResponse(page(registry.registrations_of(store, request.path_params["saved"])))


async def get_by_id(request: Request) -> JSONResponse:
    return JSONResponse(registry.get_by_dataset_id(workspace_of(request).store, request.path_params["dataset"]))


async def update(request: Request) -> JSONResponse:
    store = workspace_of(request).store
    return JSONResponse(registry.update(store, request.path_params["dataset"], await read_object(request, Update)))


async def unregister(request: Request) -> JSONResponse:
    """By name, though other operations have an id at the same place."""
    registry.unregister(workspace_of(request).store, request.path_params["dataset"])
    return JSONResponse({})


async def save(request: Request) -> JSONResponse:
    if _is_set(request, "withDataHash"):
        raise NotSupported("datasets that are saved with a hash of their data")
    return JSONResponse(registry.save(workspace_of(request).store, await read_object(request, Definition)))


async def get_saved(request: Request) -> JSONResponse:
    return JSONResponse(registry.get_saved(workspace_of(request).store, request.path_params["saved"]))


def _is_set(request: Request, option: str) -> bool:
    return request.query_params.get(option, "").lower() == "true"


_BASE = "/dataset/v1.0"
routes = [
    Route(_BASE + "/datasets", register, methods=["POST"]),
    Route(_BASE + "/datasets", list_datasets),
    Route(_BASE + "/datasets/query/name={name}", get_by_name),
    Route(_BASE + "/datasets/query/savedDatasetId={saved}", get_by_saved_id),
    Route(_BASE + "/datasets/{dataset}", get_by_id),
    Route(_BASE + "/datasets/{dataset}", update, methods=["PUT"]),
    Route(_BASE + "/datasets/{dataset}", unregister, methods=["DELETE"]),
    Route(_BASE + "/saveddatasets", save, methods=["POST"]),
    Route(_BASE + "/saveddatasets/{saved}", get_saved),
]
