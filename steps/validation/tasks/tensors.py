"""Outputs as they are: the share of samples whose outputs are the reference ones, within a tolerance.

A number is within it when it differs from the reference by no more than ``validation.tolerance_absolute`` plus
``validation.tolerance_relative`` times the reference's absolute value, as numpy.allclose says; texts must be the same.
The share is held against ``validation.accuracy_floor`` and compared with production's by McNemar's exact test. Outputs
that a reference leaves out aren't looked at.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from pydantic import JsonValue

from config.settings import Validation
from scoring.contract import Contract
from steps.artifacts.verdict import Answer
from steps.validation.tasks.closeness import close, difference, greatest
from steps.validation.tasks.task import Numbers, Scored, Task, vector

OUTPUTS = "outputs"


@dataclass(frozen=True)
class Tensors(Task):
    """``{"outputs": {name: nested lists}}``; in a list of predictions the object alone, or the value of an only one."""

    share: ClassVar[str] = "within_tolerance"
    relative: ClassVar[bool] = True
    names: tuple[str, ...] = ()
    listed: bool = False
    """Whether the answer is one of a list of predictions."""
    absolute_tolerance: float = 1e-4
    relative_tolerance: float = 1e-2
    live_tolerance: float = 0.05
    """Share of the greatest absolute value that the live service's answers may differ from validation's."""

    @classmethod
    def of(cls, contract: Contract, thresholds: Validation) -> "Tensors":
        return cls(
            tuple(output.name for output in contract.task.outputs),
            contract.input.kind in ("tensors", "text"),
            thresholds.tolerance_absolute,
            thresholds.tolerance_relative,
            thresholds.parity_difference,
        )

    def predicted(self, answer: JsonValue, truth: JsonValue) -> JsonValue:
        """All outputs by name."""
        named = self._named(answer)
        return named if isinstance(named, dict) and named.keys() == set(self.names) else None

    def _named(self, answer: JsonValue) -> JsonValue:
        if answer is None:
            return None
        if self.listed:
            return {self.names[0]: answer} if len(self.names) == 1 else answer
        return answer.get(OUTPUTS) if isinstance(answer, dict) else None

    def numbers(self, answer: JsonValue) -> Numbers:
        return _numbers(self.predicted(answer, None))

    def decided(self, answer: JsonValue) -> JsonValue:
        """The outputs that are no numbers; None where all are."""
        outputs = self.predicted(answer, None)
        texts = {} if not isinstance(outputs, dict) else {n: v for n, v in outputs.items() if vector(v) is None}
        return texts or None

    def score(self, name: str, truth: JsonValue, answer: JsonValue) -> Scored:
        predicted = self.predicted(answer, truth)
        right = isinstance(predicted, dict) and isinstance(truth, dict) and self._within(truth, predicted)
        return Scored(name, truth, predicted, right)

    def _within(self, truth: Mapping[str, JsonValue], outputs: Mapping[str, JsonValue]) -> bool:
        return all(self._is_close(reference, outputs.get(name)) for name, reference in truth.items())

    def _is_close(self, reference: JsonValue, value: JsonValue) -> bool:
        expected, given = vector(reference), vector(value)
        if expected is None or given is None or expected.shape != given.shape:
            return expected is None and reference == value
        return bool(np.allclose(given, expected, rtol=self.relative_tolerance, atol=self.absolute_tolerance))

    def fault(self, one: Scored) -> float:
        """The greatest difference of a number; infinite for texts and shapes that differ."""
        if one.right or not one.answered:
            return super().fault(one)
        expected, given = _numbers(one.truth), _numbers(one.predicted)
        apart = difference(expected, {name: given[name] for name in expected.keys() & given}, {})
        same = _texts(one.truth).items() <= _texts(one.predicted).items()
        return apart if same and apart else float("inf")

    def repeats(self, kept: Answer, answer: JsonValue, scales: Mapping[str, float]) -> bool:
        outputs = self.predicted(answer, None)
        same = _texts(kept.predicted) == _texts(outputs)
        return same and close(_numbers(kept.predicted), _numbers(outputs), scales, self.live_tolerance)

    def scales(self, kept: Sequence[Answer]) -> Mapping[str, float]:
        return greatest([_numbers(one.predicted) for one in kept])


def _numbers(outputs: JsonValue) -> Numbers:
    named = outputs if isinstance(outputs, dict) else {}
    return {name: numbers for name, value in named.items() if (numbers := vector(value)) is not None}


def _texts(outputs: JsonValue) -> dict[str, JsonValue]:
    return {n: v for n, v in outputs.items() if vector(v) is None} if isinstance(outputs, dict) else {}
