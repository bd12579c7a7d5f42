"""What clients send as JSON: read in one place, so that nothing is kept which no answer could give back."""

import json
from typing import Any

from starlette.requests import Request

from azureml_emulator.errors import BadRequest
from azureml_emulator.server.shapes import FileName, checked, shortened
from azureml_emulator.wire import Document

LIMIT = 64 * 1024 * 1024
"""Bytes. No client of the workspace sends so much JSON: files are uploaded as blobs."""
_LEVELS_TO_SPARE = 200
"""Of the nesting that Python can write as JSON: an answer may hold a body below levels of its own."""


class _Sent(dict[str, Any]):
    """An object of a body: that a key is missing is said to its sender, and never of a key that we ourselves lack."""

    def __missing__(self, key: str) -> Any:
        raise BadRequest(f"the request lacks {key!r}")


async def read_json(request: Request, *, allow_nan: bool = False) -> Any:
    """The body. Raises BadRequest for one that is not JSON, or that no answer could hold.

    Python reads half a character, NaN, and numbers and nesting without limit, and cannot write them again.
    """
    return parse_json(await _read_text(request), "the body", allow_nan=allow_nan)


def parse_json(text: str, name: str, *, allow_nan: bool = False) -> Any:
    """JSON in a body, or in one of its texts. Raises BadRequest, which calls it by `name`."""
    try:
        value = json.loads(text, object_hook=_Sent)
        _check_writable(value, allow_nan=allow_nan)
    except json.JSONDecodeError as error:
        raise BadRequest(f"{name} is not JSON: {error}") from None
    except UnicodeEncodeError as error:
        half = error.object[error.start]
        raise BadRequest(f"{name} holds half a character, {half!a}: send both halves or none") from None
    except RecursionError:
        raise BadRequest(f"{name} nests lists or objects too deeply") from None
    except ValueError as error:
        raise BadRequest(f"{name} holds a number that cannot be kept: {error}") from None
    return value


async def read_object(request: Request, shape: Any = Document) -> Document:
    """The body, as it was sent. Raises BadRequest where it has another shape, which says where."""
    body: Document = checked(shape, await read_json(request))
    return body


async def read_bytes(request: Request, limit: int) -> bytes:
    """The body as it is. No more than the limit is ever held. Raises BadRequest for a longer one."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise BadRequest(f"what was sent is longer than {limit // 2**20} MiB")
        chunks.append(chunk)
    return b"".join(chunks)


def an_object(value: object, name: str) -> Document:
    """What was sent. Raises BadRequest, which calls it by `name`, as do the others."""
    if not isinstance(value, dict):
        raise BadRequest(f"{name} must be an object, not {shortened(value)}")
    return value


def a_list(value: object, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise BadRequest(f"{name} must be a list, not {shortened(value)}")
    return value


def objects(value: object, name: str, each: str) -> list[Document]:
    return [an_object(one, each) for one in a_list(value, name)]


def a_text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise BadRequest(f"{name} must be a text, not {shortened(value)}")
    return value


def a_file_name(value: object, name: str) -> str:
    """A text that can be the name of one file or folder, and so leads to no other."""
    text: str = checked(FileName, value, name)
    return text


async def _read_text(request: Request) -> str:
    """A body beyond the limit is read to its end all the same: most clients see no answer before that."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= LIMIT:
            chunks.append(chunk)
    if size > LIMIT:
        raise BadRequest(f"the body has {size} bytes: JSON of at most {LIMIT} bytes is read")
    try:
        return b"".join(chunks).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequest(f"the body is not UTF-8: {error}") from None


def _check_writable(value: object, *, allow_nan: bool) -> None:
    for _ in range(_LEVELS_TO_SPARE):
        value = [value]
    json.dumps(value, ensure_ascii=False, allow_nan=allow_nan).encode()
