"""One sample of the validation data: as its folder lists it, and as a request with its truth."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

Said = Mapping[str, JsonValue]
"""What the validation data says of one sample, by ``label``, ``labels``, ``value``, ``values`` or ``outputs``."""


@dataclass(frozen=True, slots=True)
class Sample:
    """How one request's body is read, and the truth: what the task should make of the answer."""

    name: str
    """Path in the folder; of JSON lines, ``FILE.jsonl:LINE``."""
    read: Callable[[], bytes] = field(compare=False, repr=False)
    truth: JsonValue

    @property
    def body(self) -> bytes:
        """The body, read each time: all of them may be more than memory holds. ModelError where it can't be."""
        return self.read()


@dataclass(frozen=True, slots=True)
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
