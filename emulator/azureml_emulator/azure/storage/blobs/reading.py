"""What is told of a blob or a container."""

import asyncio
import base64
import hashlib
import re
from email.utils import formatdate
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from azureml_emulator.azure.storage.blobs.address import Address
from azureml_emulator.azure.storage.blobs.blocklist import block_list
from azureml_emulator.azure.storage.blobs.conditions import is_unmodified
from azureml_emulator.azure.storage.blobs.files import etag
from azureml_emulator.azure.storage.blobs.headers import common, described, shown
from azureml_emulator.azure.storage.blobs.honoured import METADATA
from azureml_emulator.azure.storage.blobs.listing import listing
from azureml_emulator.azure.storage.blobs.logs import note_read
from azureml_emulator.azure.storage.blobs.records import Properties
from azureml_emulator.errors import BadRequest, NotFound
from azureml_emulator.server.growing_files import GrowingFileResponse
from azureml_emulator.server.protocol import Spelled

_MOST_CHECKED = 4 * 1024 * 1024
_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{1,18})")


async def get_blob(request: Request, at: Address) -> Response:
    """Whole, or the range of `x-ms-range`, which the storage library sends in place of `Range`."""
    at.require()
    properties = await asyncio.to_thread(at.record.properties, at.file)
    headers = described(request, at.file, properties) | shown(properties)
    if is_unmodified(request, at.file):
        return _with_metadata(Response(status_code=304, headers=headers), properties)
    note_read(at.workspace, at.file)
    if asked := request.headers.get("x-ms-range"):
        kept = [(name, value) for name, value in request.scope["headers"] if name != b"range"]
        request.scope["headers"] = [*kept, (b"range", asked.encode())]
    headers |= await _md5_of_range(request, at.file, asked or request.headers.get("range"), headers)
    return _with_metadata(GrowingFileResponse(at.file, headers=headers), properties)


async def _md5_of_range(request: Request, file: Path, asked: str | None, headers: dict[str, str]) -> dict[str, str]:
    """Where a range is asked for, the MD5 of the whole has another name, and that of the range is asked for, too."""
    whole = headers.pop("Content-MD5", None) if asked else None
    named = {"x-ms-blob-content-md5": whole} if whole else {}
    if request.headers.get("x-ms-range-get-content-md5", "").lower() != "true":
        return named
    if (match := _RANGE.fullmatch(asked or "")) is None or (size := int(match[2]) + 1 - int(match[1])) > _MOST_CHECKED:
        message = f"x-ms-range-get-content-md5 is for a range of at most {_MOST_CHECKED} bytes"
        raise BadRequest(message, code="InvalidHeaderValue")
    digest = await asyncio.to_thread(_md5_of_part, file, int(match[1]), size)
    return named | {"Content-MD5": base64.b64encode(digest).decode()}


def _md5_of_part(file: Path, start: int, size: int) -> bytes:
    with file.open("rb") as source:
        source.seek(start)
        return hashlib.md5(source.read(max(size, 0)), usedforsecurity=False).digest()


async def get_metadata(request: Request, at: Address) -> Response:
    at.require()
    properties = await asyncio.to_thread(at.record.properties, at.file)
    headers = described(request, at.file, properties)
    return _with_metadata(
        Response(status_code=304 if is_unmodified(request, at.file) else 200, headers=headers), properties
    )


def _with_metadata(response: Response, properties: Properties) -> Response:
    """Past Starlette, which writes names of headers in small letters: those of metadata are spelled as they came."""
    response.raw_headers += [
        (Spelled((METADATA + name).encode("latin-1")), value.encode("latin-1"))
        for name, value in properties.metadata.items()
    ]
    return response


async def get_block_list(request: Request, at: Address) -> Response:
    kind = request.query_params.get("blocklisttype", "committed").lower()
    if kind not in ("committed", "uncommitted", "all"):
        raise BadRequest(f"blocklisttype is committed, uncommitted or all, not {kind!r}")
    waiting = await asyncio.to_thread(at.blocks.sizes)
    if not waiting and not at.file.is_file():
        raise NotFound("there is neither such a blob, nor a block of it", code="BlobNotFound")
    committed = (await asyncio.to_thread(at.record.properties, at.file)).blocks
    body = block_list(
        committed if kind != "uncommitted" else None, tuple(waiting.items()) if kind != "committed" else None
    )
    length = {"x-ms-blob-content-length": str(at.file.stat().st_size if at.file.exists() else 0)}
    return Response(body, media_type="application/xml", headers=described(request, at.file) | length)


async def list_blobs(request: Request, at: Address) -> Response:
    body = await asyncio.to_thread(listing, at.workspace, at.container, request.query_params)
    return Response(body, media_type="application/xml", headers=common(request))


async def get_container(request: Request, at: Address) -> Response:
    """It has no metadata: there is nobody who could give it any."""
    folder = at.workspace.folder / "blobs" / at.container
    modified = folder.stat().st_mtime if folder.is_dir() else None
    stands = {"ETag": etag(folder), "Last-Modified": formatdate(modified, usegmt=True)}
    lease = {"x-ms-lease-status": "unlocked", "x-ms-lease-state": "available"}
    return Response(status_code=200, headers=common(request) | stands | lease)
