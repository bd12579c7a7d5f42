"""An answer against the model that the SDK's generated client reads it with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple, cast

from azureml_emulator.wire import moment
from tests.conformance import sdk_v2
from tests.conformance.schemas import Schema

_PLAIN: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("str", "bytearray", "base64", "duration", "iso-8601", "rfc-1123"), (str,)),
    **dict.fromkeys(("int", "long"), (int,)),
    **dict.fromkeys(("float", "decimal"), (int, float)),
    "bool": (bool,),
}
_UNTYPED = ("object", "enum")
_ENUM = re.compile(r":(?:type|ivar|vartype) (\w+): str or\s+~[\w.]+\.models\.(\w+)$", re.MULTILINE)
_DURATION = re.compile(r"P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")


class Finding(NamedTuple):
    """What of an answer is not as Microsoft has it: in which model, at which key, and how."""

    kind: str
    """"type", "enum", "date", "required", "unknown" or "absent"; the last two are keys, which may be allowed."""
    model: str
    key: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.kind}: {self.model}.{self.key} {self.detail}".rstrip()


class Key(NamedTuple):
    """One of a model's: its path in the JSON, what it holds, and whether it has to be there."""

    path: tuple[str, ...]
    type: str
    required: bool


def check(value: object, schema: Schema) -> Iterator[Finding]:
    at = Finding("", "answer", "")
    if not schema.is_page:
        yield from _value(value, schema.type, schema.models, at)
    elif isinstance(value, Mapping):
        yield from _value(value.get("value"), f"[{schema.type}]", schema.models, at._replace(key="value"))
    else:
        yield at._replace(kind="type", detail=f"is no page: {_shown(value)}")


def _value(value: object, kind: str, models: ModuleType, at: Finding) -> Iterator[Finding]:
    """`at` names the place: its model and key."""
    if kind[0] in "[{":
        yield from _items(value, kind, models, at)
    elif kind in _PLAIN:
        yield from _plain(value, kind, at)
    elif kind not in _UNTYPED:
        model = getattr(models, kind, None)
        if model is None:  # the client has an operation that answers it, and no longer the model
            return
        if issubclass(model, Enum):
            yield from _enum(value, model, at)
        else:
            yield from _model(value, model, models, at)


def _items(value: object, kind: str, models: ModuleType, at: Finding) -> Iterator[Finding]:
    wanted = list if kind[0] == "[" else dict
    if not isinstance(value, wanted):
        yield at._replace(kind="type", detail=f"is no {wanted.__name__}: {_shown(value)}")
        return
    items = value.values() if isinstance(value, dict) else cast(Iterable[object], value)
    for item in items:
        if item is not None:
            yield from _value(item, kind[1:-1], models, at)


def _plain(value: object, kind: str, at: Finding) -> Iterator[Finding]:
    if not isinstance(value, _PLAIN[kind]) or (isinstance(value, bool) and kind != "bool"):
        yield at._replace(kind="type", detail=f"is no {kind}: {_shown(value)}")
    elif not _reads(str(value), kind):
        yield at._replace(kind="date", detail=f"is no {kind}: {_shown(value)}")


def _reads(text: str, kind: str) -> bool:
    if kind == "duration":
        return bool(_DURATION.fullmatch(text))
    if kind != "iso-8601":
        return True
    try:
        moment(text)
    except ValueError:
        return False
    return "T" in text


def _enum(value: object, model: type[Enum], at: Finding) -> Iterator[Finding]:
    known = {str(one.value).lower() for one in model}  # as msrest compares them
    if str(value).lower() not in known:
        yield at._replace(kind="enum", detail=f"{_shown(value)} is none of {model.__name__}")


def _model(value: object, model: Any, models: ModuleType, at: Finding) -> Iterator[Finding]:
    if not isinstance(value, Mapping):
        yield at._replace(kind="type", detail=f"is no {model.__name__}: {_shown(value)}")
        return
    model = _subtype(value, model, models)
    name, keys = model.__name__, keys_of(model)
    for key in keys:
        held = _get(value, key.path)
        here = Finding("", name, ".".join(key.path))
        if held is _ABSENT and not key.required and sdk_v2.is_of_v2(model):
            continue  # its models read as None what is absent: nobody can tell
        if held is _ABSENT or (held is None and key.required):
            yield here._replace(kind="required" if key.required else "absent")
        elif held is not None:
            yield from _value(held, key.type, models, here)
    if not _is_open(model):
        yield from (Finding("unknown", name, path) for path in _unknown(value, keys))


_ABSENT = object()


def _get(value: Mapping[str, Any], path: tuple[str, ...]) -> object:
    """Null for what is below a key that is null; generated clients read keys in any spelling of their first letter."""
    held: Any = value
    for name in path:
        if held is None:
            return None
        if not isinstance(held, Mapping) or name not in held:
            return _ABSENT
        held = held[name]
    return held


def _unknown(value: Mapping[str, Any], keys: tuple[Key, ...], depth: int = 0, at: str = "") -> Iterator[str]:
    known = {key.path[depth] for key in keys}
    for name, held in value.items():
        if name not in known:
            yield at + name
            continue
        below = tuple(key for key in keys if key.path[depth] == name and len(key.path) > depth + 1)
        if below and isinstance(held, Mapping):
            yield from _unknown(held, below, depth + 1, f"{at}{name}.")


@cache
def keys_of(model: Any) -> tuple[Key, ...]:
    if sdk_v2.is_of_v2(model):
        return tuple(Key((name,), kind, required) for name, kind, required in sdk_v2.fields(model))
    required = {name for name, rules in model._validation.items() if rules.get("required")}
    # Enumerations that may grow are texts to the client; which they are is in the description.
    enums = dict(_ENUM.findall(model.__doc__ or ""))
    return tuple(
        Key(tuple(re.split(r"(?<!\\)\.", held["key"])), enums.get(name, held["type"]), name in required)
        for name, held in model._attribute_map.items()
        if held["key"]
    )


def _is_open(model: Any) -> bool:
    """Whether its specification lets answers have other keys than it names."""
    return not sdk_v2.is_of_v2(model) and any(not held["key"] for held in model._attribute_map.values())


def _subtype(value: Mapping[str, Any], model: Any, models: ModuleType) -> Any:
    """The model that a discriminator names, such as AKSServiceResponse, however deep it is below."""
    if sdk_v2.is_of_v2(model):
        key, below = sdk_v2.subtypes(model)
        found = below.get(str(value.get(key))) if key else None
        return _subtype(value, found, models) if found else model
    for name, subtypes in vars(model).get("_subtype_map", {}).items():
        key = model._attribute_map[name]["key"]
        for kind, found in _below(subtypes, name, models):
            if kind == value.get(key):
                return getattr(models, found)
    return model


def _below(subtypes: Mapping[str, str], name: str, models: ModuleType) -> Iterator[tuple[str, str]]:
    for kind, found in subtypes.items():
        yield kind, found
        yield from _below(vars(getattr(models, found)).get("_subtype_map", {}).get(name, {}), name, models)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
