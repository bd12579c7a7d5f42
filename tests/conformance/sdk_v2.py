"""What Azure answers to SDK v2: operations and models of its generated clients, which are of another kind than v1's."""

from __future__ import annotations

import re
import sys
import typing
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import Enum
from importlib import import_module
from importlib.metadata import distribution
from pathlib import Path
from types import ModuleType, NoneType
from typing import Any, Literal, NamedTuple, Union

ARM = "arm_ml_service"
_SDK = Path(str(distribution("azure-ai-ml").locate_file("azure/ai/ml/_restclient")))
_BUILDER = re.compile(
    r"\ndef (?P<name>build_\w+_request)\(.*?_url = \"(?P<url>[^\"]+)\".*?HttpRequest\(method=\"(?P<verb>\w+)\"",
    re.DOTALL,
)
_USE = re.compile(r"_request = (build_\w+_request)\(")
_ANSWER = re.compile(r"= _deserialize\((List\[)?_models\.(\w+)")
_PLAIN = {bool: "bool", int: "int", float: "float", str: "str", bytes: "base64", timedelta: "duration"}


class Answered(NamedTuple):
    """What an operation of a client answers."""

    verb: str
    url: str
    model: str
    is_page: bool
    """Whether it is a list of such, at the key `value` of a page."""


def answers_of(client: str) -> Iterator[Answered]:
    source = (_SDK / client / "operations" / "_operations.py").read_text(encoding="utf-8")
    built = {match["name"]: match for match in _BUILDER.finditer(source)}
    uses = list(_USE.finditer(source))
    for use, end in zip(uses, [*(use.start() for use in uses[1:]), len(source)], strict=True):
        # Of an operation that goes on for a while, the end reads the answer; of a list, each of two requests.
        answer, match = _ANSWER.search(source, use.end(), end), built.get(use[1])
        if answer and match:
            yield Answered(match["verb"], match["url"], answer[2], bool(answer[1]))


def models_of(client: str) -> ModuleType:
    """Without the packages above it, which ask for a cloud when they are imported."""
    name = f"of_sdk_v2_{client}"
    if name not in sys.modules:
        package = sys.modules[name] = ModuleType(name)
        package.__path__ = [str(_SDK / client)]
    return import_module(f"{name}.models")


def is_of_v2(model: Any) -> bool:
    return hasattr(model, "_attr_to_rest_field") or hasattr(model, "_calculated")


def fields(model: Any) -> Iterator[tuple[str, str, bool]]:
    """Key, type in the words of SDK v1's clients, and whether it has to be there, of all that answers hold."""
    hints = _hints(model)
    model({})  # the names of keys are worked out when the first one is made
    for name, field in model._attr_to_rest_field.items():
        if field._visibility is None or "read" in field._visibility:
            kind, required = _required(hints[name])
            yield field._rest_name, _word(kind), required


def subtypes(model: Any) -> tuple[str, Mapping[str, Any]]:
    """The key that tells which, and the models below this one; no key without any."""
    below: Mapping[str, Any] = vars(model).get("__mapping__") or {}
    key = next((field._rest_name for field in _discriminators(model)), "") if below else ""
    return key, below


def _discriminators(model: Any) -> Iterator[Any]:
    model({})
    return (field for field in model._attr_to_rest_field.values() if field._is_discriminator)


def _hints(model: Any) -> dict[str, Any]:
    """A client's models name each other by a module that is imported for type checkers only."""
    found: dict[str, Any] = {}
    for base in reversed(model.__mro__):
        if is_of_v2(base):
            names = vars(sys.modules[base.__module__])
            models = sys.modules[base.__module__.rpartition(".")[0]]
            own = type("Own", (), {"__annotations__": dict(vars(base).get("__annotations__", {}))})
            found |= typing.get_type_hints(own, names | {"_models": models, "_types": names.get("_types")})
    return found


def _required(hint: Any) -> tuple[Any, bool]:
    parts = typing.get_args(hint) if typing.get_origin(hint) is Union else (hint,)
    kept = tuple(part for part in parts if part is not NoneType)
    return (kept[0] if len(kept) == 1 else Union[kept]), len(kept) == len(parts)  # noqa: UP007 - of a tuple


def _word(hint: Any) -> str:
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is Union:  # a text, of which these are known
        return next((_word(part) for part in parts if part is not str), "str")
    if origin is Literal:
        return type(parts[0]).__name__
    if origin in (list, dict):
        word = _word(parts[-1])
        return f"[{word}]" if origin is list else f"{{{word}}}"
    if hint is datetime:
        return "iso-8601"
    named = isinstance(hint, type) and (is_of_v2(hint) or issubclass(hint, Enum))
    return hint.__name__ if named else _PLAIN.get(hint, "object")
