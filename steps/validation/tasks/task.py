"""What every task has in common: answers become right or wrong, samples become metrics and a comparison."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue

from config.settings import Validation
from steps.artifacts.verdict import Answer
from steps.validation.tasks.mcnemar import compare_rights

Vector = npt.NDArray[np.float64]
Numbers = Mapping[str, Vector]
"""What an answer computed, by output or class."""


@dataclass(frozen=True)
class Scored:
    """One sample's answer beside its truth."""

    name: str
    truth: JsonValue
    predicted: JsonValue
    """What the task makes of the answer; None: there was none, or it isn't of this task."""
    right: bool | None
    """None where a task has no right and wrong; no answer is wrong."""
    probability: float | None = None
    probabilities: tuple[float, ...] = ()
    """Of the classes that were given, in their order, where there may be several."""
    length: int | None = None
    """How many classes or values were answered; None where that says nothing."""
    in_top: bool | None = None
    """Whether the truth is among the likeliest classes; None where none are asked for."""

    @property
    def answered(self) -> bool:
        return self.predicted is not None

    @property
    def kept(self) -> Answer:
        """What the verdict keeps of it."""
        return Answer(
            file=self.name, label=self.truth, predicted=self.predicted, probability=self.probability, right=self.right
        )


@dataclass(frozen=True)
class Bound:
    """A metric that may not be below a floor, or above a ceiling."""

    setting: str
    """Key of ``validation``, which is the check's name too."""
    value: float | None
    metric: str
    floor: bool = True
    absent: str = "nothing was answered"
    """Why there may be no such metric."""

    def holds(self, measured: float) -> bool:
        """Whether a threshold is set, and met."""
        return self.value is not None and (measured >= self.value if self.floor else measured <= self.value)


class Comparison(Protocol):
    """The candidate beside production, on the same samples."""

    @property
    def p_value(self) -> float:
        """The chance of a loss as great as was seen, or greater, between equally good models; 0 to 1."""

    def is_worse(self, significance: float) -> bool:
        """Whether chance doesn't explain the loss: ``p_value`` is ``significance`` or less."""


class Task(ABC):
    """How one kind of answer is judged; an answer is the service's JSON about one sample.

    Unless a task says otherwise, an answer is right or wrong, their share is held against
    ``validation.accuracy_floor``, and the comparison with production is McNemar's.
    """

    share: ClassVar[str] = "accuracy"
    """Name of the metric that is the share of right answers."""
    lengths: ClassVar[str] = ""
    """What ``Scored.length`` counts; empty: it is left out."""
    fixed: ClassVar[bool] = False
    """Whether a truth has exactly that length, rather than at most."""
    relative: ClassVar[bool] = False
    """Whether differences of numbers count as shares of the greatest absolute value of their output."""
    partial: ClassVar[bool] = False
    """Whether an answer may leave numbers out: those that two answers both have are compared."""

    @abstractmethod
    def predicted(self, answer: JsonValue, truth: JsonValue) -> JsonValue:
        """What the task makes of an answer, in the terms of ``truth``; None when it isn't one."""

    @abstractmethod
    def numbers(self, answer: JsonValue) -> Numbers:
        """What the answer computed; empty when it isn't one."""

    def decided(self, answer: JsonValue) -> JsonValue:
        """What must be the same in the service's answer and the original model's; None: there are numbers alone."""
        return self.predicted(answer, None)

    def length_of_truth(self, truth: JsonValue) -> int:
        """How long an answer must be to give ``truth``."""
        return 0

    def score(self, name: str, truth: JsonValue, answer: JsonValue) -> Scored:
        """``answer`` beside ``truth``; None for no answer."""
        predicted = self.predicted(answer, truth)
        return Scored(name, truth, predicted, predicted is not None and predicted == truth)

    def fault(self, one: Scored) -> float:
        """How wrong an answer is, 0 for a right one: people are shown the greatest first. Infinite without an answer.

        Of wrong classes, those that the model was surest of.
        """
        return 0.0 if one.right else 1.0 + (one.probability or 0.0) if one.answered else float("inf")

    def metrics(self, scored: Sequence[Scored]) -> dict[str, float]:
        """By name; empty without samples."""
        return {self.share: share_right(scored)} if scored else {}

    def bounds(self, thresholds: Validation) -> tuple[Bound, ...]:
        """The thresholds that this task knows, set or not; the first is the one to set."""
        return (Bound("accuracy_floor", thresholds.accuracy_floor, self.share),)

    def compare(self, candidate: Sequence[Scored], production: Sequence[Scored]) -> Comparison:
        """Both in the same order of samples."""
        return compare_rights([bool(one.right) for one in candidate], [bool(one.right) for one in production])

    def repeats(self, kept: Answer, answer: JsonValue, scales: Mapping[str, float]) -> bool:
        """Whether the live service's answer is the one that validation ``kept``."""
        return self.predicted(answer, kept.label) == kept.predicted

    def scales(self, kept: Sequence[Answer]) -> Mapping[str, float]:
        """Greatest absolute value of each output, for ``repeats``."""
        return {}


def share_right(scored: Sequence[Scored]) -> float:
    """Share of right answers among all samples, 0 to 1; one without an answer is wrong."""
    return sum(bool(one.right) for one in scored) / len(scored)


def member(answer: JsonValue, key: str) -> JsonValue:
    """The value of a key of an answer; None where it has none, or is no object."""
    return answer.get(key) if isinstance(answer, dict) else None


def vector(value: JsonValue) -> Vector | None:
    """Numbers of any shape as float64; None for anything else, and where one isn't finite."""
    try:
        array = np.asarray(value)
    except ValueError:  # ragged
        return None
    if array.dtype.kind not in "biuf" or not np.isfinite(array).all():
        return None
    return array.astype(np.float64)


def whole(value: JsonValue) -> int | None:
    """A whole number that is no truth value."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
