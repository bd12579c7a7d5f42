from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse
from starlette.routing import Route

from emulator.artifacts.content import EXPERIMENT_RUN, artifact, artifact_file, content, content_uri, list_paths
from emulator.blobs.files import write_stream
from emulator.errors import NotFound
from emulator.wire import page
from emulator.workspace import workspace_of


def _address(request: Request) -> tuple[str, str, str]:
    """Origin, container and path, from either of the two ways in which the SDK addresses artifacts."""
    parameters = request.path_params
    path = parameters.get("path", "").strip("/")
    if "run" in parameters:
        return EXPERIMENT_RUN, f"dcid.{parameters['run']}", path
    return parameters["origin"], parameters["container"], path


async def create_many(request: Request) -> JSONResponse:
    """Announce artifacts that are about to be uploaded; answers where to put each."""
    workspace, (origin, container, _) = workspace_of(request), _address(request)
    paths = [entry["path"] for entry in (await request.json())["paths"]]
    return JSONResponse(
        {
            "artifacts": {path: artifact(origin, container, path) for path in paths},
            "artifactContentInformation": {
                path: content(workspace, origin, container, path, write=True) for path in paths
            },
            "errors": {},
        }
    )


async def list_artifacts(request: Request) -> JSONResponse:
    origin, container, prefix = _address(request)
    paths = list_paths(workspace_of(request), origin, container)
    return JSONResponse(page(artifact(origin, container, path) for path in paths if path.startswith(prefix)))


async def get_content(request: Request) -> JSONResponse:
    workspace, address = workspace_of(request), _address(request)
    _require(request)
    return JSONResponse(content(workspace, *address))


async def get_uri(request: Request) -> JSONResponse:
    _require(request)
    return JSONResponse(content_uri(workspace_of(request), *_address(request)))


async def list_content(request: Request) -> JSONResponse:
    workspace, (origin, container, prefix) = workspace_of(request), _address(request)
    paths = list_paths(workspace, origin, container)
    inside = [path for path in paths if not prefix or path == prefix or path.startswith(prefix + "/")]
    return JSONResponse(page(content(workspace, origin, container, path) for path in inside))


async def upload(request: Request) -> JSONResponse:
    address = _address(request)
    append = request.query_params.get("append", "").lower() == "true"
    await write_stream(artifact_file(workspace_of(request), *address), request.stream(), append=append)
    return JSONResponse(artifact(*address))


async def download(request: Request) -> FileResponse:
    _require(request)
    return FileResponse(artifact_file(workspace_of(request), *_address(request)))


def _require(request: Request) -> None:
    origin, container, path = _address(request)
    if not artifact_file(workspace_of(request), origin, container, path).is_file():
        raise NotFound(f"artifact '{origin}/{container}/{path}' not found")


_BASE = "/artifact/v2.0/artifacts"
_CONTAINER = "/{origin}/{container}"
routes = [
    Route(_BASE + "/batch/metadata" + _CONTAINER, create_many, methods=["POST"]),
    Route(_BASE + "/prefix/contentinfo" + _CONTAINER, list_content),
    Route(_BASE + "/prefix/contentinfo" + _CONTAINER + "/{path:path}", list_content),
    Route(_BASE + "/contentinfo" + _CONTAINER + "/{path:path}", get_content),
    Route(_BASE + "/content" + _CONTAINER + "/{path:path}", upload, methods=["POST"]),
    Route(_BASE + "/content" + _CONTAINER + "/{path:path}", download),
    Route(_BASE + _CONTAINER, list_artifacts),
    Route(_BASE + _CONTAINER + "/{path:path}", list_artifacts),
]
