"""What goes with a blob's bytes, in the headers of requests and answers."""

import asyncio
import base64
import binascii
import hashlib
import re
from email.utils import formatdate
from pathlib import Path

from starlette.requests import Request

from azureml_emulator.azure.storage.blobs.files import Body, etag
from azureml_emulator.azure.storage.blobs.honoured import METADATA
from azureml_emulator.azure.storage.blobs.records import APPEND_BLOB, PLAIN, Properties
from azureml_emulator.errors import BadRequest
from azureml_emulator.server.protocol import METADATA_NAMES
from azureml_emulator.wire import new_id

KEPT = ("Content-Type", "Content-Encoding", "Content-Language", "Content-Disposition", "Cache-Control", "Content-MD5")
SENT = frozenset(f"x-ms-blob-{name.lower()}" for name in KEPT)
OCTETS = "application/octet-stream"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST_METADATA = 8 * 1024
_PIECE = 2**20
_INERT = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
"""A blob says itself what it is, and has the address of the studio page: a browser must run none of it there."""


def sent_headers(request: Request, *, own: bool = False) -> dict[str, str]:
    """What is to be answered with a blob: `x-ms-blob-content-type` and the like; ``own``: the request's own, too."""
    kept = {name: request.headers.get(f"x-ms-blob-{name.lower()}") for name in KEPT}
    if own:
        kept |= {name: kept[name] or request.headers.get(name) for name in KEPT}
    if kept["Content-Type"] == OCTETS:
        del kept["Content-Type"]
    return {name: value for name, value in kept.items() if value}


def sent_metadata(request: Request) -> dict[str, str]:
    """Names as they were written. Raises BadRequest for a name that is none, and for more than 8 KiB."""
    names: dict[bytes, bytes] = request.scope.get(METADATA_NAMES, {})
    found: dict[str, str] = {}
    for lowered, value in request.headers.raw:
        if lowered.startswith(METADATA.encode()):
            name = names.get(lowered, lowered).decode("latin-1")[len(METADATA) :]
            found[name] = ",".join([*([found[name]] if name in found else []), value.decode("latin-1")])
    if wrong := [name for name in found if not _NAME.fullmatch(name)]:
        raise BadRequest(
            f"the metadata name {wrong[0]!r} is not letters, digits and '_', no digit first", code="InvalidMetadata"
        )
    if sum(len(name) + len(value) for name, value in found.items()) > _MOST_METADATA:
        raise BadRequest(f"a blob's metadata have at most {_MOST_METADATA} bytes", code="MetadataTooLarge")
    return found


async def check_body(request: Request, body: Body, *headers: str) -> None:
    """Raises BadRequest where other bytes came than were sent, by their MD5, or their SHA-256 as the SDK has it."""
    _check(request, body.md5, "Md5", "content-md5", *headers)
    if "content-sha256" in request.headers:
        _check(request, await asyncio.to_thread(_sha256, body.file), "Sha256", "content-sha256")


def check_bytes(request: Request, content: bytes) -> None:
    """The same for a body that is in memory."""
    _check(request, hashlib.md5(content, usedforsecurity=False).digest(), "Md5", "content-md5")
    _check(request, hashlib.sha256(content).digest(), "Sha256", "content-sha256")


def _check(request: Request, digest: bytes, kind: str, *headers: str) -> None:
    for header in headers:
        if header in request.headers and _decoded(request, header, len(digest), kind) != digest:
            raise BadRequest(f"{header} is not that of the bytes that came: send them again", code=f"{kind}Mismatch")


def _decoded(request: Request, header: str, size: int, kind: str) -> bytes:
    text = request.headers[header]
    try:
        digest = base64.b64decode(text, validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != size:
        raise BadRequest(f"{header} is the base64 of {size} bytes, not {text!r}", code=f"Invalid{kind}")
    return digest


def _sha256(file: Path) -> bytes:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while piece := content.read(_PIECE):
            digest.update(piece)
    return digest.digest()


def described(request: Request, file: Path, properties: Properties = PLAIN) -> dict[str, str]:
    """Headers of every answer about a blob."""
    modified = file.stat().st_mtime if file.exists() else None
    stands = {"ETag": etag(file), "Last-Modified": formatdate(modified, usegmt=True)}
    if properties.kind == APPEND_BLOB:
        stands["x-ms-blob-committed-block-count"] = str(properties.appends)
    return common(request) | stands | {"x-ms-server-encrypted": "true"}


def shown(properties: Properties) -> dict[str, str]:
    """Headers of an answer that has the blob itself, but for its metadata."""
    lease = {"x-ms-lease-status": "unlocked", "x-ms-lease-state": "available"}
    content = {"Content-Type": OCTETS} | properties.headers
    return {"x-ms-blob-type": properties.kind} | lease | content | _INERT


def common(request: Request) -> dict[str, str]:
    """A client that named its request looks for that name in the answer."""
    named = request.headers.get("x-ms-client-request-id")
    own = {"x-ms-version": "2019-02-02", "x-ms-request-id": new_id()}
    return own | ({"x-ms-client-request-id": named} if named else {})
