"""One model of the zoo, with what its service's file says and what is to be found out about it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from config.sections.contract import Input, Task
from steps.registration.contract.findings import Said
from tests.zoo.data import Write

Make = Callable[[Path], None]


@dataclass(frozen=True)
class Served:
    """What the contract must say."""

    input: str
    task: str
    output: str | None = None
    """None: any."""
    scale: str = "0-255"
    logits: bool = False
    classes: int | None = None


@dataclass(frozen=True)
class Refused:
    """Where each obstacle is, in their order, and words of the first one's mend."""

    where: tuple[str, ...]
    mend: str
    """Part of the first one's."""


@dataclass(frozen=True)
class Specimen:
    name: str
    make: Make
    outcome: Served | Refused
    said: Said = field(default_factory=Said)
    labels: tuple[str, ...] = ()
    data: Write | None = None
    """Validation data that it answers without a mistake."""
    crashes: bool = False
    """It must be looked at in a process of its own."""
    needs: str | None = None
    """A package that the project doesn't depend on."""


def say(input_: Input | None = None, task: Task | None = None) -> Said:
    """What a service's file says."""
    return Said(input=input_ or Input(), task=task or Task())
