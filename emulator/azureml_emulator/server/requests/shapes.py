"""Shapes: what a body, or a document in a text, must be like before anything of it is kept.

A shape is a ``TypedDict`` with the fields that the workspace reads, as deep as it reads them. Other fields pass: the
SDK sends many more, and gets them back as they were. Nothing is converted, and what was sent is what is kept.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from reprlib import Repr
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator, FailFast, Field, TypeAdapter, ValidationError

from azureml_emulator.errors import BadRequest
from azureml_emulator.wire import moment

K = TypeVar("K")
T = TypeVar("T")
_MOST_ENTRIES, _MOST_NAMES = 100_000, 10_000
_LONGEST_REFERENCE = 1024
_SAID = 3
"""Faults of one body."""
_LONGEST_NAME, _LONGEST_OWN_NAME = 255, 200
"""Bytes. File systems have 255, of which some are for what we put before or behind a name."""
_MOST = 1_000_000_000
_shorten = Repr()
_shorten.maxstring = _shorten.maxother = 80
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class _FirstOnly(FailFast):
    """Of a list: what is wrong in millions of entries need not be found."""

    def __hash__(self) -> int:  # as types that stand in unions need
        return hash(_FirstOnly)


def _bounded(value: object) -> object:
    """Before each entry is looked at."""
    most = _MOST_NAMES if isinstance(value, dict) else _MOST_ENTRIES
    if isinstance(value, list | dict) and len(value) > most:
        raise ValueError(f"of at most {most} entries")
    return value


def _scalar(value: object) -> object:
    if isinstance(value, dict | list) or value is None:
        raise ValueError("a text, a number, true or false")
    return _without_nul(value) if isinstance(value, str) else value


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("a text without the character U+0000")
    return text


def _variable(text: str) -> str:
    if not text or "=" in text or "\0" in text:
        raise ValueError("the name of an environment variable")
    return text


def _number_text(value: object) -> object:
    """As text too: so the values of pipeline parameters come."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _MOST
    if not number and not (isinstance(value, str) and re.fullmatch(r"[0-9]{0,9}(\.[0-9]{1,9})?", value)):
        raise ValueError(f"a number from 0 to {_MOST}")
    return value


def _file_name(text: str) -> str:
    if text in ("", ".", "..") or "/" in text or _CONTROL.search(text) or len(text.encode()) > _LONGEST_OWN_NAME:
        raise ValueError("the name of a file or folder: use letters, digits, '_' and '-'")
    return text


def _path(text: str) -> str:
    parts = text.split("/")
    too_long = any(len(part.encode()) > _LONGEST_NAME for part in parts)
    if ".." in parts or too_long or _CONTROL.search(text):
        raise ValueError(f"a path without '..', of names with at most {_LONGEST_NAME} bytes")
    return text


def _moment(text: str) -> str:
    try:
        moment(text)
    except ValueError:
        raise ValueError("a time as 2026-01-31T12:00:00+00:00") from None
    return text


Items = Annotated[list[T], _FirstOnly(), BeforeValidator(_bounded)]
Named = Annotated[dict[K, T], BeforeValidator(_bounded)]
Scalar = Annotated[Any, AfterValidator(_scalar)]
"""A text, a number, true or false: where the SDK sends now one, now another."""
Reference = Annotated[str, Field(max_length=_LONGEST_REFERENCE), AfterValidator(_without_nul)]
"""A name or an id of something in the workspace."""
Variables = Named[Annotated[str, AfterValidator(_variable)], Scalar | None]
"""Of an environment, by name."""
NumberText = Annotated[Any, AfterValidator(_number_text)]
FileName = Annotated[str, AfterValidator(_file_name)]
Path = Annotated[str, Field(max_length=_LONGEST_REFERENCE), AfterValidator(_path)]
Moment = Annotated[str, AfterValidator(_moment)]
Texts = Named[str, str | None]
"""Tags or properties; the SDK sends null for one without a value."""
Scalars = Named[str, Scalar | None]
"""Tags where the service makes texts of numbers and truths."""
Number = Annotated[float, Field(ge=0, le=_MOST, allow_inf_nan=False)]

_MUST = {
    "string_type": "a text",
    "dict_type": "an object",
    "list_type": "a list",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
    "greater_than": "above {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than_equal": "at most {le:g}",
    "string_too_long": "of at most {max_length} characters",
    "string_too_short": "of at least {min_length} characters",
    "too_long": "of at most {max_length} entries",
    "too_short": "of at least {min_length} entries",
    "literal_error": "{expected}",
    "recursion_loop": "nested less deeply",
    "value_error": "{error}",
}


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def checked(shape: Any, value: Any, name: str = "the body") -> Any:
    """What was sent, itself. Raises BadRequest, which says where in `name` something is wrong, and what it must be.

    `shape` is a type: a TypedDict, or a list of one.
    """
    try:
        _adapter(shape).validate_python(value, strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False)[:_SAID]
        raise BadRequest("; ".join(_said(one, name) for one in found)) from None
    return value


def _said(error: Mapping[str, Any], name: str) -> str:
    steps = [step for step in error["loc"] if step != "[key]"]
    if error["type"] == "missing":
        where = place(steps[:-1], name)
        return f"the request lacks {str(steps[-1])!r}" + (f" in {where}" if where != "the body" else "")
    known = _MUST.get(error["type"])
    must = known.format(**error.get("ctx", {})) if known else str(error["msg"])
    return f"{place(steps, name)} must be {must}, not {shortened(error['input'])}"


def shortened(value: object) -> str:
    """What was sent, in the few words that an error has for it."""
    return _shorten.repr(value)


def place(steps: Sequence[object], name: str = "the body") -> str:
    """`ModuleNodes[0].ModuleId`, and `name` for the whole of it."""
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{_key(step)}" for step in steps)
    return path[1:] if name == "the body" and path.startswith(".") else f"{name}{path}"


def _key(step: object) -> str:
    text = str(step)
    return text if re.fullmatch(r"[\w$-]{1,80}", text) else shortened(text)
