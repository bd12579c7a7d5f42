"""JSON Patch (RFC 6902) as models and services are updated with."""

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from typing_extensions import NotRequired, TypedDict

from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.server.requests.body import read_json
from azureml_emulator.server.requests.shapes import Items, checked
from azureml_emulator.wire import Document

_OPERATIONS = ("add", "replace", "remove")
_MAX_PARTS = 20


class Operation(TypedDict):
    op: str
    path: str
    value: NotRequired[Any]


async def read_patch(request: Request) -> list[Document]:
    """Raises BadRequest for a body that is no list of operations."""
    operations: list[Document] = checked(Items[Operation], await read_json(request))
    return operations


def apply_patch(document: Document, operations: Iterable[Document]) -> None:
    """Apply the add, replace and remove of a patch, creating the objects on the way as the service does.

    Raises BadRequest for a path that leads into something else than an object, NotSupported for other operations.
    """
    for operation in operations:
        if operation["op"] not in _OPERATIONS:
            raise NotSupported(f"the patch operation {operation['op']!a}: it has {', '.join(_OPERATIONS)}")
        target, last = _parent(document, operation["path"])
        if operation["op"] == "remove":
            target.pop(last, None)
        else:
            target[last] = operation.get("value")


def _parent(document: Document, path: str) -> tuple[Document, str]:
    """The object that a path leads into, and the key in there."""
    *parents, last = [_unescape(part) for part in path.strip("/").split("/")]
    if len(parents) >= _MAX_PARTS:
        raise BadRequest(f"the path of a patch has {len(parents) + 1} parts: at most {_MAX_PARTS} are read")
    if not last:
        raise BadRequest(f"the path '{path}' of a patch names nothing")
    target = document
    for parent in parents:
        if target.get(parent) is None:
            target[parent] = {}
        target = target[parent]
        if not isinstance(target, dict):
            raise BadRequest(f"the path '{path}' of a patch leads into '{parent}', which is no object")
    return target, last


def _unescape(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")
