"""What clients send as JSON: read in one place, so that nothing is kept which no answer could give back."""

import json
import re
from typing import Any

from starlette.requests import Request

from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.shapes import FileName, checked, shortened
from azureml_emulator.server.requests.whole_body import read_whole
from azureml_emulator.wire import Document

LIMIT = 4 * 1024 * 1024
"""Bytes. No client of the workspace sends so much JSON: files are uploaded as blobs."""
VALUES = 200_000
"""In one text of JSON. Nothing else is answered while it is read, and a value of two letters takes a hundred bytes."""
_LEVELS_TO_SPARE = 200
"""Of the nesting that Python can write as JSON: an answer may hold a body below levels of its own."""
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


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
    _check_values(text, name)
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
    try:
        return (await read_whole(request, LIMIT)).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequest(f"the body is not UTF-8: {error}") from None


def _check_values(text: str, name: str) -> None:
    """By the commas and brackets, before anything is made of them; those in strings count only if there are many."""
    if _marks(text) > VALUES and (values := _marks(_STRING.sub("", text))) > VALUES:
        raise BadRequest(f"{name} has about {values} values: JSON of at most {VALUES} is read")


def _marks(text: str) -> int:
    return sum(map(text.count, ",[{"))


def _check_writable(value: object, *, allow_nan: bool) -> None:
    for _ in range(_LEVELS_TO_SPARE):
        value = [value]
    json.dumps(value, ensure_ascii=False, allow_nan=allow_nan).encode()
