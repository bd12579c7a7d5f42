from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from typing_extensions import TypedDict

from azureml_emulator.azure.storage.artifacts.content import (
    DATASTORE_NAME,
    artifact,
    artifact_file,
    content,
    list_paths,
)
from azureml_emulator.azure.storage.blobs.files import write_stream
from azureml_emulator.errors import NotFound, NotSupported
from azureml_emulator.server.growing_files import GrowingFileResponse
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.shapes import Items, Path
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of
from azureml_emulator.wire import Document, page


class Announced(TypedDict):
    path: Path


class ManyAnnounced(TypedDict):
    paths: Items[Announced]


def _address(request: Request) -> tuple[str, str, str]:
    """Origin, container and path."""
    parameters = request.path_params
    return parameters["origin"], parameters["container"], _plain(parameters.get("path", ""))


def _plain(path: str) -> str:
    """Without the empty and "." parts that an HTTP client or the server takes out of addresses: `/tmp//./plot.png`."""
    return "/".join(part for part in path.split("/") if part not in ("", "."))


async def create_many(request: Request) -> JSONResponse:
    workspace, (origin, container, _) = workspace_of(request), _address(request)
    datastore = request.query_params.get("datastoreName", DATASTORE_NAME)
    if datastore != DATASTORE_NAME:
        raise NotSupported(f"artifacts in datastore '{datastore}'")
    return JSONResponse(announce(workspace, origin, container, await read_object(request, ManyAnnounced)))


def announce(workspace: LocalWorkspace, origin: str, container: str, body: Document) -> Document:
    """Of artifacts that are about to be uploaded, as `ManyAnnounced`: where to put each. A path is uploaded once."""
    asked = {entry["path"]: _plain(entry["path"]) for entry in body["paths"]}
    taken = {path for path in asked.values() if artifact_file(workspace, origin, container, path).is_file()}
    new = {given: path for given, path in asked.items() if path not in taken}
    where = {given: content(workspace, origin, container, path, write=True) for given, path in new.items()}
    artifacts = {given: artifact(origin, container, path) for given, path in new.items()}
    errors = {path: _taken(f"{origin}/{container}/{path}") for path in sorted(taken)}
    return {"artifacts": artifacts, "artifactContentInformation": where, "errors": errors}


def _taken(artifact_id: str) -> Document:
    """In the words of the service, as users report them."""
    message = f"Resource Conflict: ArtifactId {artifact_id} already exists."
    return {"error": {"code": "UserError", "message": message, "details": []}}


async def list_artifacts(request: Request) -> JSONResponse:
    origin, container, _ = _address(request)
    paths = list_paths(workspace_of(request), origin, container)
    return JSONResponse(page(artifact(origin, container, path) for path in paths))


async def get_content(request: Request) -> JSONResponse:
    workspace, address = workspace_of(request), _address(request)
    _require(request)
    return JSONResponse(content(workspace, *address))


async def get_content_at_account(request: Request) -> JSONResponse:
    """The path is a query here, and the address that of a storage account, as this client reads from no other."""
    workspace, (origin, container, _) = workspace_of(request), _address(request)
    path = request.query_params.get("path", "")
    if not path or not artifact_file(workspace, origin, container, path).is_file():
        raise NotFound(f"artifact '{origin}/{container}/{path}' not found")
    return JSONResponse(content(workspace, origin, container, path, at_account=True))


async def get_write_address(request: Request) -> JSONResponse:
    """For a client whose address has expired: where to go on with an artifact that it announced before."""
    return JSONResponse(content(workspace_of(request), *_address(request), write=True))


async def list_content(request: Request) -> JSONResponse:
    workspace, (origin, container, path) = workspace_of(request), _address(request)
    paths = list_paths(workspace, origin, container, path)
    return JSONResponse(page(content(workspace, origin, container, one) for one in paths))


async def upload(request: Request) -> JSONResponse:
    address = _address(request)
    append = request.query_params.get("append", "").lower() == "true"
    await write_stream(artifact_file(workspace_of(request), *address), request.stream(), append=append)
    return JSONResponse(artifact(*address))


async def download(request: Request) -> GrowingFileResponse:
    _require(request)
    return GrowingFileResponse(artifact_file(workspace_of(request), *_address(request)))


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
    Route(_BASE + "/write" + _CONTAINER + "/{path:path}", get_write_address),
    Route(_BASE + "/content" + _CONTAINER + "/{path:path}", upload, methods=["POST"]),
    Route(_BASE + "/content" + _CONTAINER + "/{path:path}", download),
    Route(_BASE + _CONTAINER, list_artifacts),
    # azureml-mlflow's spelling of two of them.
    Route(_BASE + _CONTAINER + "/batch/metadata", create_many, methods=["POST"]),
    Route(_BASE + _CONTAINER + "/contentinfo", get_content_at_account),
]
