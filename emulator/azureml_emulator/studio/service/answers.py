"""What a service answered, as a page shows it: names with bars where it looks like a model's answer, and its JSON."""

import json
import sys
from collections.abc import Collection
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeGuard

from azureml_emulator.studio.contents.shapes import mapping, mappings
from azureml_emulator.studio.contents.status import Status
from azureml_emulator.studio.service.asking import Reply
from azureml_emulator.wire import Document

_READ_BYTES = 1024 * 1024
"""Longer ones are shown as text alone."""
_SHOWN_CHARACTERS = 64 * 1024
_BARS, _PARTS = 10, 8
_USUAL = ("content-type", "content-length", "connection", "date", "server", "vary")


@dataclass(frozen=True)
class Bar:
    name: str
    share: float
    """Between 0 and 1."""


@dataclass(frozen=True)
class Part:
    """The answer about one of the things that were asked about."""

    said: str = ""
    """The answer itself, such as a class's name or a number with its unit."""
    bars: list[Bar] = field(default_factory=list)
    """The greatest first."""
    count: int = 0
    """Of all bars: no more than the first few are shown."""


@dataclass(frozen=True)
class Answer:
    status: Status
    milliseconds: str
    model: str
    """The model that answered, where a header names one of the service's."""
    headers: list[tuple[str, str]]
    """Without those that every answer has."""
    parts: list[Part]
    """Nothing for an answer of another shape, which its text alone shows."""
    left_out: int
    """Parts that aren't shown."""
    text: str
    is_whole: bool
    """Whether the text is."""


def answer_of(reply: Reply, models: Collection[str]) -> Answer:
    """From whatever a service may answer."""
    value = _json(reply.body)
    text = _indented(value) or reply.body.decode("utf-8", "replace")
    parts = _parts(value) if reply.status == HTTPStatus.OK else []
    return Answer(
        status=_status(reply.status),
        milliseconds=f"{reply.seconds * 1000:.3g}" if reply.seconds < 1 else f"{reply.seconds * 1000:.0f}",
        model=next((value for value in reply.headers.values() if value in models), ""),
        headers=[(name, value) for name, value in reply.headers.multi_items() if name not in _USUAL],
        parts=parts[:_PARTS],
        left_out=max(len(parts) - _PARTS, 0),
        text=text[:_SHOWN_CHARACTERS],
        is_whole=len(text) <= _SHOWN_CHARACTERS,
    )


def _status(code: int) -> Status:
    known = [one.phrase for one in HTTPStatus if one == code]
    good = HTTPStatus.OK <= code < HTTPStatus.MULTIPLE_CHOICES
    return Status(" ".join([str(code), *known]), "good" if good else "bad", "✓" if good else "✗")


def _json(body: bytes) -> Any:
    """Also of a text that is JSON itself, as scripts answer that call json.dumps(). None for what is none, or long."""
    if len(body) > _READ_BYTES:
        return None
    try:
        value = json.loads(body)
        if isinstance(value, str) and value[:1] in ("{", "["):
            value = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return value


def _indented(value: object) -> str:
    """As much as is shown, and a character more; empty for None, and for what is nested too deep to be written."""
    text = ""
    try:
        for piece in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(value) if value is not None else ():
            text += piece
            if len(text) > _SHOWN_CHARACTERS:  # indented, a short answer may be a very long one
                break
    except RecursionError:
        return ""
    return text


def _parts(value: object) -> list[Part]:
    """One for each answer, where they come in a list; nothing where one has another shape."""
    document = mapping(value)
    for key in ("predictions", "outputs"):
        if rows := mappings(document.get(key)):
            return [part for row in rows if (part := _part(row))]
    part = _part(document)
    return [part] if part else []


def _part(answer: Document) -> Part | None:
    names = _names(answer)
    bars = _bars(answer, names)
    said = _said(answer, names)
    if not said and not bars:
        return None
    ordered = sorted(bars, key=lambda bar: -bar.share)
    return Part(said, ordered[:_BARS], len(ordered))


def _names(answer: Document) -> dict[int | str, str]:
    """Of the classes that the answer names."""
    pairs = [*mappings(answer.get("top")), answer]
    named: dict[int | str, str]
    named = {number: name for one in pairs if type(number := one.get("class")) is int and (name := _label(one))}
    classes, labels = answer.get("classes"), answer.get("labels")
    if _are_names(classes) and _are_names(labels) and len(classes) == len(labels):
        named |= {number: str(label) for number, label in zip(classes, labels, strict=True) if type(number) is int}
    return named


def _bars(answer: Document, names: dict[int | str, str]) -> list[Bar]:
    if top := mappings(answer.get("top")):
        likely = [one for one in top if _is_name(one.get("class")) and _is_share(one.get("probability"))]
        return [_bar(names.get(one["class"], one["class"]), one) for one in likely]
    shares, classes = answer.get("probabilities"), answer.get("classes")
    if not isinstance(shares, list) or not all(map(_is_share, shares)):
        return [_bar("probability", answer)] if _is_share(answer.get("probability")) else []
    numbers = classes if _are_names(classes) and len(classes) == len(shares) else range(len(shares))
    return [Bar(names.get(number, str(number)), share) for number, share in zip(numbers, shares, strict=True)]


def _bar(name: object, answer: Document) -> Bar:
    return Bar(str(name), float(answer["probability"]))


def _said(answer: Document, names: dict[int | str, str]) -> str:
    unit = f" {answer['unit']}" if answer.get("unit") and _is_name(answer["unit"]) else ""
    if _is_number(answer.get("value")):
        return f"{answer['value']:.6g}{unit}"
    values = answer.get("values")
    if isinstance(values, list) and values and all(map(_is_number, values)):
        return ", ".join(f"{value:.6g}" for value in values[:_BARS]) + (", …" * (len(values) > _BARS)) + unit
    if isinstance(answer.get("classes"), list):
        found = answer.get("labels") or answer["classes"]
        return (", ".join(map(str, found)) or "none of the classes") if _are_names(found) else ""
    number = answer.get("class")
    return _label(answer) or (f"class {number}" if _is_name(number) else "")


def _label(answer: Document) -> str:
    label = answer.get("label")
    return str(label) if label and _is_name(label) else ""


def _is_name(value: object) -> bool:
    return type(value) in (int, str)


def _are_names(value: object) -> TypeGuard[list[int | str]]:
    return isinstance(value, list) and all(map(_is_name, value))


def _is_number(value: object) -> bool:
    """One that a float can hold: JSON has longer ones, and Python reads NaN and Infinity too."""
    return type(value) in (int, float) and abs(value) <= sys.float_info.max  # type: ignore[arg-type]


def _is_share(value: object) -> bool:
    return _is_number(value) and 0 <= value <= 1  # type: ignore[operator]
