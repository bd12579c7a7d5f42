"""What changes a blob: each operation happens as a whole, under the lock of the blob's record, or not at all."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from azureml_emulator.azure.storage.blobs.address import Address
from azureml_emulator.azure.storage.blobs.blocklist import block_references
from azureml_emulator.azure.storage.blobs.conditions import check_write
from azureml_emulator.azure.storage.blobs.files import Body, received
from azureml_emulator.azure.storage.blobs.headers import (
    check_body,
    check_bytes,
    common,
    described,
    sent_headers,
    sent_metadata,
)
from azureml_emulator.azure.storage.blobs.records import APPEND_BLOB, BLOCK_BLOB, Properties
from azureml_emulator.errors import BadRequest, Conflict, NotSupported, PreconditionFailed
from azureml_emulator.server.requests.whole_body import read_whole

LONGEST_LIST = 16 * 1024 * 1024
LONGEST_APPEND = 100 * 1024 * 1024
MOST_APPENDS = 50_000
"""https://learn.microsoft.com/rest/api/storageservices/append-block#remarks"""

T = TypeVar("T")


async def put_blob(request: Request, at: Address) -> Response:
    """A block blob with its bytes, or an append blob without."""
    kind = request.headers.get("x-ms-blob-type", BLOCK_BLOB)
    if kind not in (BLOCK_BLOB, APPEND_BLOB):
        raise NotSupported(f"blobs of the type {kind}: it has {BLOCK_BLOB} and {APPEND_BLOB}")
    properties = Properties(kind, sent_metadata(request), sent_headers(request, own=True))
    async with received(at.file, request.stream()) as body:
        if kind == APPEND_BLOB and body.size:
            raise BadRequest("an append blob is made without bytes: append them", code="InvalidOperation")
        await check_body(request, body, "x-ms-blob-content-md5")
        await asyncio.to_thread(_put, request, at, body, properties)
    at.blocks.tidy()
    return Response(status_code=201, headers=described(request, at.file) | _md5(body))


def _put(request: Request, at: Address, body: Body, properties: Properties) -> None:
    with at.record.lock:
        check_write(request, at.file, replaces=True)
        at.record.move(body.file, at.file, properties)
        at.blocks.discard()


async def put_block(request: Request, at: Address) -> Response:
    if (block := request.query_params.get("blockid")) is None:
        raise BadRequest("the request lacks the parameter 'blockid'", code="MissingRequiredQueryParameter")
    _require_kind(await asyncio.to_thread(at.record.properties, at.file), BLOCK_BLOB)
    place = at.blocks.place(block)
    try:
        async with received(place, request.stream()) as body:
            await check_body(request, body)
            body.file.replace(place)
    finally:
        at.blocks.tidy()
    return Response(status_code=201, headers=common(request) | _md5(body))


async def put_block_list(request: Request, at: Address) -> Response:
    content = await read_whole(request, LONGEST_LIST, "a block list")
    check_bytes(request, content)
    references = block_references(content)
    properties = Properties(BLOCK_BLOB, sent_metadata(request), sent_headers(request))

    def check() -> None:
        _require_kind(at.record.settled(at.file), BLOCK_BLOB)
        check_write(request, at.file, replaces=True)

    await asyncio.to_thread(at.blocks.commit, references, at.file, check, properties)
    at.blocks.tidy()
    return Response(status_code=201, headers=described(request, at.file))


async def append_block(request: Request, at: Address) -> Response:
    at.require()
    async with received(at.file, request.stream(), most=LONGEST_APPEND) as body:
        if not body.size:
            raise BadRequest("there are no bytes to append", code="InvalidHeaderValue")
        await check_body(request, body)
        offset, properties = await _change(at, lambda before: _append(request, at, body, before))
    appended = {"x-ms-blob-append-offset": str(offset)}
    return Response(status_code=201, headers=described(request, at.file, properties) | appended | _md5(body))


def _append(request: Request, at: Address, body: Body, before: Properties) -> tuple[int, Properties]:
    _require_kind(before, APPEND_BLOB)
    check_write(request, at.file)
    size = at.file.stat().st_size
    if (position := _number(request, "x-ms-blob-condition-appendpos")) not in (None, size):
        message = f"the blob has {size} bytes: nothing is appended at {position}"
        raise PreconditionFailed(message, code="AppendPositionConditionNotMet")
    if (most := _number(request, "x-ms-blob-condition-maxsize")) is not None and size + body.size > most:
        raise PreconditionFailed(f"the blob would be longer than {most} bytes", code="MaxBlobSizeConditionNotMet")
    if before.appends >= MOST_APPENDS:
        raise Conflict(f"{MOST_APPENDS} blocks were appended: there can be no more", code="BlockCountExceedsLimit")
    after = replace(before, appends=before.appends + 1)
    at.record.append(at.file, body.file, after)
    return size, after


async def set_metadata(request: Request, at: Address) -> Response:
    metadata = sent_metadata(request)
    return await _set(request, at, lambda before: replace(before, metadata=metadata))


async def set_properties(request: Request, at: Address) -> Response:
    """What is not sent is none, as in Azure."""
    headers = sent_headers(request)
    return await _set(request, at, lambda before: replace(before, headers=headers))


async def _set(request: Request, at: Address, change: Callable[[Properties], Properties]) -> Response:
    def work(before: Properties) -> None:
        check_write(request, at.file)
        at.record.change(at.file, change(before))

    await _change(at, work)
    return Response(status_code=200, headers=described(request, at.file))


async def delete_blob(request: Request, at: Address) -> Response:
    if (snapshots := request.headers.get("x-ms-delete-snapshots", "include")) != "include":
        raise NotSupported(f"snapshots of blobs, which x-ms-delete-snapshots: {snapshots} would delete")

    def work(_before: Properties) -> None:
        check_write(request, at.file)
        at.file.unlink()
        at.record.forget()

    await _change(at, work)
    return Response(status_code=202, headers=common(request))


async def _change(at: Address, work: Callable[[Properties], T]) -> T:
    """Done to a blob that is there while nobody else changes it."""

    def locked() -> T:
        with at.record.lock:
            at.require()
            return work(at.record.settled(at.file))

    return await asyncio.to_thread(locked)


def _require_kind(properties: Properties, kind: str) -> None:
    if properties.kind != kind:
        raise Conflict(f"the blob is a {properties.kind}, and the operation one of a {kind}", code="InvalidBlobType")


def _number(request: Request, header: str) -> int | None:
    if (text := request.headers.get(header)) is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise BadRequest(f"{header} is a number of bytes, not {text[:40]!r}", code="InvalidHeaderValue")
    return int(text)


def _md5(body: Body) -> dict[str, str]:
    return {"Content-MD5": base64.b64encode(body.md5).decode()}
