from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from emulator.errors import NotFound
from emulator.store import Store
from emulator.wire import Document, page
from emulator.workspace import workspace_of


async def put_environment(request: Request) -> JSONResponse:
    store, name = workspace_of(request).store, request.path_params["name"]
    definition = {key[0].lower() + key[1:]: value for key, value in (await request.json()).items()}
    return JSONResponse(register(store, name, definition, request.path_params.get("version")))


async def get_environment(request: Request) -> JSONResponse:
    versions = _versions(workspace_of(request).store, request.path_params["name"])
    wanted = request.path_params.get("version")
    for environment in reversed(versions):
        if wanted in (None, environment["version"]):
            return JSONResponse(environment)
    raise NotFound(f"environment '{request.path_params['name']}' has no version {wanted or ''}".rstrip())


async def list_environments(request: Request) -> JSONResponse:
    newest = {environment["name"]: environment for environment in workspace_of(request).store.all("environment")}
    return JSONResponse(page(newest.values()))


def register(store: Store, name: str, definition: Document, version: str | None) -> Document:
    """A new version, or the one that already holds the very same definition."""
    versions = _versions(store, name)
    if version is None:
        for known in versions:
            if {**known, "version": None} == {**definition, "name": name, "version": None}:
                return known
        version = str(store.next_number(f"versions of environment {name}"))
    return store.put("environment", f"{name}:{version}", definition | {"name": name, "version": version})


def _versions(store: Store, name: str) -> list[Document]:
    return [environment for environment in store.all("environment") if environment["name"] == name]


_BASE = "/environment/v1.0/environments"
routes = [
    Route(_BASE, list_environments),
    Route(_BASE + "/{name}", put_environment, methods=["PUT"]),
    Route(_BASE + "/{name}", get_environment),
    Route(_BASE + "/{name}/versions/{version}", put_environment, methods=["PUT"]),
    Route(_BASE + "/{name}/versions/{version}", get_environment),
]
