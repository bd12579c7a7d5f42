"""Each operation of blobs and containers, with all that it honours of a request."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from azureml_emulator.azure.storage.blobs import reading, writing
from azureml_emulator.azure.storage.blobs.address import address_of
from azureml_emulator.azure.storage.blobs.conditions import CONDITIONS
from azureml_emulator.azure.storage.blobs.containers import PREFIX
from azureml_emulator.azure.storage.blobs.headers import SENT
from azureml_emulator.azure.storage.blobs.honoured import Operation
from azureml_emulator.errors import NotSupported
from azureml_emulator.state.disk.room import is_no_room

_DIGESTS = frozenset({"content-md5", "content-sha256"})
_PUT = {"x-ms-blob-type", "content-encoding", "content-language", "content-disposition"}
_RANGES = {"range", "if-range", "x-ms-range", "x-ms-range-get-content-md5"}
_POSITIONS = {"x-ms-blob-condition-appendpos", "x-ms-blob-condition-maxsize"}
_LISTED = frozenset({"prefix", "delimiter", "marker", "maxresults", "include"})

_ON_BLOBS = {
    ("GET", None): Operation(reading.get_blob, CONDITIONS | _RANGES),
    ("GET", "metadata"): Operation(reading.get_metadata, CONDITIONS),
    ("GET", "blocklist"): Operation(reading.get_block_list, query=frozenset({"blocklisttype"})),
    ("PUT", None): Operation(writing.put_blob, CONDITIONS | SENT | _DIGESTS | _PUT, metadata=True),
    ("PUT", "block"): Operation(writing.put_block, _DIGESTS, frozenset({"blockid"})),
    ("PUT", "blocklist"): Operation(writing.put_block_list, CONDITIONS | SENT | _DIGESTS, metadata=True),
    ("PUT", "appendblock"): Operation(writing.append_block, CONDITIONS | _POSITIONS | _DIGESTS),
    ("PUT", "metadata"): Operation(writing.set_metadata, CONDITIONS, metadata=True),
    ("PUT", "properties"): Operation(writing.set_properties, CONDITIONS | SENT),
    ("DELETE", None): Operation(writing.delete_blob, CONDITIONS | {"x-ms-delete-snapshots"}),
}
"""By method and `comp`. GET stands for HEAD, too."""

_ON_CONTAINERS = {
    ("container", None): Operation(reading.get_container),
    ("container", "metadata"): Operation(reading.get_container),
    ("container", "list"): Operation(reading.list_blobs, query=_LISTED),
}
"""By `restype` and `comp`."""

_BLOCK_LIST_BYTES = 8 * 1024 * 1024
"""A blob has at most 50,000 blocks, each with a line of at most 110 bytes."""


async def on_blob(request: Request) -> Response:
    reads = request.method in ("GET", "HEAD")
    at = address_of(request, write=not reads)
    comp, restype = request.query_params.get("comp"), request.query_params.get("restype")
    operation = _ON_BLOBS.get(("GET" if reads else request.method, comp))
    if operation is None or restype is not None:
        raise NotSupported(f"the blob operation {request.method} {_asked(restype, comp)}")
    operation.check(request)
    try:
        return await operation.answer(request, at)
    except OSError as error:
        if is_no_room(error):
            await asyncio.to_thread(at.blocks.give_up)
        raise


async def on_container(request: Request) -> Response:
    at = address_of(request, write=False)
    comp, restype = request.query_params.get("comp"), request.query_params.get("restype")
    if (operation := _ON_CONTAINERS.get((restype or "", comp))) is None:
        raise NotSupported(f"the container operation {request.method} {_asked(restype, comp)}")
    operation.check(request)
    return await operation.answer(request, at)


def _asked(restype: str | None, comp: str | None) -> str:
    given = {"restype": restype, "comp": comp}
    return "&".join(f"{name}={value}" for name, value in given.items() if value is not None) or "without comp"


routes = [
    Route(PREFIX + "/{container}", on_container),
    Route(PREFIX + "/{container}/{blob:path}", on_blob, methods=["PUT"]),
    Route(PREFIX + "/{container}/{blob:path}", on_blob, methods=["DELETE"]),
    Route(PREFIX + "/{container}/{blob:path}", on_blob),
]
