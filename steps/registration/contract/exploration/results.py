"""What trying settings on a model came to."""

from collections.abc import Sequence

from config.sections.contract import Input, Task
from scoring.contract import Contract
from steps.artifacts.artifact import Part
from steps.registration.contract.findings import Inspection

WITHOUT_LOGITS = ("regression", "tensors")


class Threshold(Part):
    """A bound for a service's file, as the samples suggest it."""

    setting: str
    """Key of ``validation``."""
    value: float
    """The end on the worse side of the measured value's 95 % interval, rounded to that side."""


class Measured(Part):
    """How well one try answered the samples."""

    metric: str
    """As the task calls it: accuracy, mae, …"""
    value: float
    samples: int
    useful: bool
    """Whether it is better than always giving one answer, the commonest label or the median, beyond chance."""
    threshold: Threshold


class Reordered(Part):
    """The classes' names in an order that nobody said, and how well the model answers the samples so."""

    names: tuple[str, ...]
    measured: Measured


class Try(Part):
    """Settings of a service's file under which the model can be served, and how well it answers the samples so."""

    input: Input
    task: Task
    """Without the file of the labels."""
    labels: tuple[str, ...] = ()
    """Names of the classes, in the order that was tried."""
    order_found: bool = False
    """Whether it is the answers to the samples that told that order."""
    reordered: Reordered | None = None
    """Where the names fit the answers better in another order than the one that somebody gave."""
    contract: Contract
    measured: Measured | None = None
    as_good: bool = False
    """Whether chance explains what sets it apart from the best."""

    @property
    def said(self) -> dict[str, object]:
        """What it says beside defaults, by the settings' keys."""
        sections = {"input": self.input, "task": self.task}
        return {
            f"{name}.{key}": value
            for name, section in sections.items()
            for key, value in section.model_dump(mode="json", exclude_defaults=True).items()
        }

    def comes_to(self, key: str) -> object:
        """What it says for a setting, or what the model tells of the task where it needn't be said; else None."""
        task = self.contract.task
        told = {"task.kind": task.kind, "task.logits": None if task.kind in WITHOUT_LOGITS else task.logits}
        return self.said.get(key, told.get(key))


class Exploration(Part):
    """All tries, the best first, and what is known of the model under the best."""

    inspection: Inspection
    tries: tuple[Try, ...] = ()
    """Empty: under no settings can it be served, or not with this validation data; the inspection says why."""
    undecided: tuple[str, ...] = ()
    """Keys of the settings that nothing tells: the tries differ in them, and there were no samples to try."""
    samples: int = 0
    """How many the validation data has."""
    sample: str | None = None
    """Name of the first: its path in the folder; of JSON lines, FILE.jsonl:LINE."""

    @property
    def best(self) -> Try | None:
        return self.tries[0] if self.tries else None

    @property
    def reordered(self) -> Try | None:
        """The try that another order of the names makes better than the best, beyond chance."""
        reached = self.best.measured.value if self.best and self.best.measured else 1.0
        better = [one for one in self.tries if one.reordered and one.reordered.measured.threshold.value > reached]
        return max(better, key=lambda one: one.reordered.measured.value if one.reordered else 0.0, default=None)


def differing_keys(tries: Sequence[Try]) -> tuple[str, ...]:
    """Keys of the settings in which they differ."""
    keys = sorted({key for one in tries for key in one.said})
    return tuple(key for key in keys if len({str(one.said.get(key)) for one in tries}) > 1)
