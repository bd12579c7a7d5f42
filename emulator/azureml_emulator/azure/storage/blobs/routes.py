import asyncio
import base64
from email.utils import formatdate
from functools import partial
from pathlib import Path
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from azureml_emulator.azure.storage.blobs.blocklist import block_ids, uncommitted
from azureml_emulator.azure.storage.blobs.blocks import Blocks
from azureml_emulator.azure.storage.blobs.containers import PREFIX
from azureml_emulator.azure.storage.blobs.files import blob_file, etag, write_stream
from azureml_emulator.azure.storage.blobs.listing import listing
from azureml_emulator.azure.storage.blobs.logs import note_read
from azureml_emulator.errors import BadRequest, Conflict, NotFound, NotSupported, PreconditionFailed, Unauthorized
from azureml_emulator.server.body import read_bytes
from azureml_emulator.server.growing_files import GrowingFileResponse
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of
from azureml_emulator.wire import new_id

_BLOCK_LIST_BYTES = 8 * 1024 * 1024
"""A blob has at most 50,000 blocks, each with a line of at most 110 bytes."""


def _authorise(request: Request, *, write: bool = False) -> tuple[LocalWorkspace, str, str]:
    """Workspace, container and blob name of a request with a valid signature."""
    workspace, query = workspace_of(request), request.query_params
    container, blob = request.path_params["container"], request.path_params.get("blob", "")
    signature = (query.get("sp", ""), query.get("sig", ""))
    try:
        workspace.tokens.check_sas(container, blob, *signature, write=write)
    except Unauthorized:
        if blob == (decoded := unquote(blob)):
            raise
        # The SDK encodes the path of the address that it is given for an upload once more.
        workspace.tokens.check_sas(container, decoded, *signature, write=write)
        blob = decoded
    return workspace, container, blob


def _block_id(request: Request) -> str:
    if (block := request.query_params.get("blockid")) is None:
        raise BadRequest("the request lacks the parameter 'blockid'")
    return block


async def put_blob(request: Request) -> Response:
    workspace, container, blob = _authorise(request, write=True)
    file, blocks = blob_file(workspace, container, blob), Blocks(workspace.folder, f"{container}/{blob}")
    if "x-ms-copy-source" in request.headers:
        raise NotSupported("copies of blobs on the server: download and upload it")
    match request.query_params.get("comp"):
        case None:
            digest = await write_stream(file, request.stream(), check=partial(_check_conditions, request, file))
            await asyncio.to_thread(blocks.discard)
            blocks.tidy()
        case "block":
            digest = await write_stream(blocks.place(_block_id(request)), request.stream())
        case "blocklist":
            ids = block_ids(await read_bytes(request, _BLOCK_LIST_BYTES))
            await asyncio.to_thread(blocks.commit, ids, file, partial(_check_conditions, request, file))
            blocks.tidy()
            return Response(status_code=201, headers=_headers(file))
        case other:
            raise NotSupported(f"the blob operation comp={other}")
    md5 = base64.b64encode(bytes.fromhex(digest)).decode()
    return Response(status_code=201, headers=_headers(file) | {"Content-MD5": md5})


async def get_blob(request: Request) -> Response:
    """Whole, or the range of `x-ms-range`, which the storage library sends in place of `Range`."""
    workspace, container, blob = _authorise(request)
    file = blob_file(workspace, container, blob)
    if request.query_params.get("comp") == "blocklist":
        return _block_list(request, Blocks(workspace.folder, f"{container}/{blob}"), file)
    if not file.is_file():
        raise NotFound(f"blob '{blob}' not found in '{container}'", code="BlobNotFound")
    note_read(workspace, file)
    if asked := request.headers.get("x-ms-range"):
        headers = [(name, value) for name, value in request.scope["headers"] if name != b"range"]
        request.scope["headers"] = [*headers, (b"range", asked.encode())]
    return GrowingFileResponse(file, headers=_headers(file), media_type="application/octet-stream")


def _block_list(request: Request, blocks: Blocks, file: Path) -> Response:
    if (kind := request.query_params.get("blocklisttype", "committed")) != "uncommitted":
        raise NotSupported(f"the list of {kind} blocks: ask for the uncommitted ones")
    if not (sizes := blocks.sizes()) and not file.is_file():
        raise NotFound("there is neither such a blob, nor a block of it", code="BlobNotFound")
    return Response(uncommitted(sizes), media_type="application/xml", headers=_headers(file))


async def delete_blob(request: Request) -> Response:
    workspace, container, blob = _authorise(request, write=True)
    file = blob_file(workspace, container, blob)
    if not file.is_file():
        raise NotFound(f"blob '{blob}' not found in '{container}'", code="BlobNotFound")
    _check_conditions(request, file)
    file.unlink()
    Blocks(workspace.folder, f"{container}/{blob}").forget()
    return Response(status_code=202, headers=_common_headers())


async def list_blobs(request: Request) -> Response:
    workspace, container, _ = _authorise(request)
    body = await asyncio.to_thread(listing, workspace, container, request.query_params)
    return Response(body, media_type="application/xml", headers=_common_headers())


def _headers(file: Path) -> dict[str, str]:
    modified = file.stat().st_mtime if file.exists() else None
    return _common_headers() | {
        "ETag": etag(file),
        "Last-Modified": formatdate(modified, usegmt=True),
        "x-ms-blob-type": "BlockBlob",
        "x-ms-server-encrypted": "true",
    }


def _common_headers() -> dict[str, str]:
    return {"x-ms-version": "2019-02-02", "x-ms-request-id": new_id()}


def _check_conditions(request: Request, file: Path) -> None:
    """The two conditions that make a write atomic: only a new blob, only the one that was read."""
    if request.headers.get("if-none-match") == "*" and file.exists():
        raise Conflict("the blob exists", code="BlobAlreadyExists")
    wanted = request.headers.get("if-match")
    if wanted is not None and (not file.exists() or wanted not in ("*", etag(file))):
        raise PreconditionFailed("the blob is not the one that If-Match names")


routes = [
    Route(PREFIX + "/{container}", list_blobs),
    Route(PREFIX + "/{container}/{blob:path}", put_blob, methods=["PUT"]),
    Route(PREFIX + "/{container}/{blob:path}", delete_blob, methods=["DELETE"]),
    Route(PREFIX + "/{container}/{blob:path}", get_blob),
]
