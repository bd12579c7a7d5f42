"""One sample of the validation data: as its folder lists it, and as a request with its truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

Said = Mapping[str, JsonValue]
"""What the validation data says of one sample, by ``label``, ``labels``, ``value``, ``values`` or ``outputs``."""


@dataclass(frozen=True)
class Sample:
    """One request's body, and the truth: what the task should make of the answer."""

    name: str
    """Path in the folder; of JSON lines, ``FILE.jsonl:LINE``."""
    body: bytes
    truth: JsonValue


@dataclass(frozen=True)
class Listed:
    """One sample that a folder lists, before its file is read and its label is understood."""

    where: str
    """How messages name it, such as ``labels.csv line 3``."""
    name: str
    said: Said


@dataclass(frozen=True)
class Listing:
    """All that a folder lists, and one line for each that it lists wrongly."""

    samples: Sequence[Listed]
    problems: Sequence[str] = ()
    folders: Sequence[str] = ()
    """Names of the classes' folders, in the order that Keras and torchvision number them; empty: another layout."""
