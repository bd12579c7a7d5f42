import asyncio
import base64
import xml.etree.ElementTree as ET
from email.utils import formatdate
from functools import partial
from pathlib import Path
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from emulator.blobs.blocklist import block_ids
from emulator.blobs.files import ARTIFACTS, DATASTORE, blob_file, blob_names, block_file, join_blocks, write_stream
from emulator.blobs.logs import note_read
from emulator.errors import Conflict, NotFound, NotSupported, PreconditionFailed, Unauthorized
from emulator.wire import new_id
from emulator.workspace import LocalWorkspace, workspace_of

_CONTAINERS = (ARTIFACTS, DATASTORE)


def _authorise(request: Request, *, write: bool = False) -> tuple[LocalWorkspace, str, str]:
    """Workspace, container and blob name of a request with a valid signature."""
    workspace, query = workspace_of(request), request.query_params
    container, blob = request.url.path.strip("/").split("/")[0], request.path_params.get("blob", "")
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


async def put_blob(request: Request) -> Response:
    workspace, container, blob = _authorise(request, write=True)
    file = blob_file(workspace, container, blob)
    match request.query_params.get("comp"):
        case None:
            digest = await write_stream(file, request.stream(), check=partial(_check_conditions, request, file))
        case "block":
            block = block_file(workspace, container, blob, request.query_params["blockid"])
            digest = await write_stream(block, request.stream())
        case "blocklist":
            blocks = [block_file(workspace, container, blob, name) for name in block_ids(await request.body())]
            _check_conditions(request, file)
            await asyncio.to_thread(join_blocks, blocks, file)
            return Response(status_code=201, headers=_headers(file))
        case "properties" | "metadata":
            return Response(status_code=200, headers=_headers(file))
        case other:
            raise NotSupported(f"the blob operation comp={other}")
    md5 = base64.b64encode(bytes.fromhex(digest)).decode()
    return Response(status_code=201, headers=_headers(file) | {"Content-MD5": md5})


async def get_blob(request: Request) -> Response:
    """Whole, or the range of `x-ms-range`, which the storage library sends in place of `Range`."""
    workspace, container, blob = _authorise(request)
    file = blob_file(workspace, container, blob)
    if not file.is_file():
        raise NotFound(f"blob '{blob}' not found in '{container}'", code="BlobNotFound")
    note_read(workspace, file)
    if asked := request.headers.get("x-ms-range"):
        headers = [(name, value) for name, value in request.scope["headers"] if name != b"range"]
        request.scope["headers"] = [*headers, (b"range", asked.encode())]
    return FileResponse(file, headers=_headers(file), media_type="application/octet-stream")


async def list_blobs(request: Request) -> Response:
    workspace, container, _ = _authorise(request)
    prefix = request.query_params.get("prefix", "")
    root = ET.Element("EnumerationResults", ContainerName=container)
    ET.SubElement(root, "Prefix").text = prefix
    blobs = ET.SubElement(root, "Blobs")
    for name in blob_names(workspace, container, prefix):
        _add_blob(blobs, name, blob_file(workspace, container, name))
    ET.SubElement(root, "NextMarker")
    body = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(body, media_type="application/xml", headers=_common_headers())


def _add_blob(blobs: ET.Element, name: str, file: Path) -> None:
    entry = ET.SubElement(blobs, "Blob")
    ET.SubElement(entry, "Name").text = name
    properties = ET.SubElement(entry, "Properties")
    status = file.stat()
    values = {
        "Creation-Time": formatdate(status.st_ctime, usegmt=True),
        "Last-Modified": formatdate(status.st_mtime, usegmt=True),
        "Etag": _etag(file),
        "Content-Length": str(status.st_size),
        "Content-Type": "application/octet-stream",
        "BlobType": "BlockBlob",
    }
    for key, value in values.items():
        ET.SubElement(properties, key).text = value


def _headers(file: Path) -> dict[str, str]:
    modified = file.stat().st_mtime if file.exists() else None
    return _common_headers() | {
        "ETag": _etag(file),
        "Last-Modified": formatdate(modified, usegmt=True),
        "x-ms-blob-type": "BlockBlob",
        "x-ms-server-encrypted": "true",
    }


def _common_headers() -> dict[str, str]:
    return {"x-ms-version": "2019-02-02", "x-ms-request-id": new_id()}


def _etag(file: Path) -> str:
    """Another for each write: times may be equal, but each write makes a file of its own."""
    if not file.exists():
        return '"0"'
    status = file.stat()
    return f'"{status.st_mtime_ns:x}-{status.st_ino:x}"'


def _check_conditions(request: Request, file: Path) -> None:
    """The two conditions that make a write atomic: only a new blob, only the one that was read."""
    if request.headers.get("if-none-match") == "*" and file.exists():
        raise Conflict("the blob exists", code="BlobAlreadyExists")
    wanted = request.headers.get("if-match")
    if wanted is not None and (not file.exists() or wanted not in ("*", _etag(file))):
        raise PreconditionFailed("the blob is not the one that If-Match names")


routes = [
    *(Route(f"/{container}", list_blobs) for container in _CONTAINERS),
    *(Route(f"/{container}/{{blob:path}}", put_blob, methods=["PUT"]) for container in _CONTAINERS),
    *(Route(f"/{container}/{{blob:path}}", get_blob) for container in _CONTAINERS),
]
