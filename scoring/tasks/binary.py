"""Yes or no: `{"class": 1, "label": "ill", "probability": 0.9}`, the probability being the second class's.

`class` is 1 where that reaches the threshold; `label` is there where the classes have names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.contract import Task
from scoring.errors import StartupError
from scoring.tasks.answer import Answer, Array
from scoring.tasks.classification import softmax
from scoring.tasks.multilabel import check_probabilities, sigmoid


@dataclass(frozen=True)
class Decision(Answer):
    """The second class's probability, and from which on it is the answer."""

    probability: np.float32
    threshold: float
    names: Sequence[str] = ()

    @property
    def label(self) -> int:
        """0 or 1."""
        return int(self.probability >= np.float32(self.threshold))

    @property
    def numbers(self) -> Array:
        return np.asarray([self.probability])

    @property
    def document(self) -> Mapping[str, Any]:
        name = {"label": self.names[self.label]} if self.names else {}
        return {"class": self.label, **name, "probability": self.probability}

    @property
    def noted(self) -> Mapping[str, Any]:
        return {"class": self.label, "index": self.label, "probability": round(float(self.probability), 6)}


def answers(task: Task, arrays: Sequence[Array]) -> list[Answer]:
    """One answer a row of the last array: [n] or [n, 1] of the second class, or [n, 2] of both."""
    rows = arrays[-1].astype(np.float32, copy=False)
    return [Decision(one, task.threshold, task.labels) for one in _second(rows.reshape(len(rows), -1), task.logits)]


def check(task: Task, arrays: Sequence[Array]) -> None:
    """StartupError where the outputs aren't one or two probabilities, or there aren't two labels."""
    rows = arrays[-1]
    if rows.size not in (len(rows), 2 * len(rows)):
        shape = list(rows.shape)
        raise StartupError(f"Output {task.outputs[0].name!r} has the shape {shape} instead of [rows, 1] or [rows, 2].")
    if task.labels and len(task.labels) != 2:
        raise StartupError(f"There are {len(task.labels)} labels for two classes.")
    check_probabilities(task, rows)


def _second(rows: npt.NDArray[np.float32], logits: bool) -> npt.NDArray[np.float32]:
    if rows.shape[1] == 2:
        return (softmax(rows) if logits else rows)[:, 1]
    return (sigmoid(rows) if logits else rows)[:, 0]
