"""Any number of classes at once: `{"classes": [2, 5], "labels": ["boat", "sea"], "probabilities": [0.9, 0.7]}`.

The lists hold the classes whose probability reaches the threshold; `labels` is there where the classes have names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.contract import Task
from scoring.errors import StartupError
from scoring.tasks.answer import Answer, Array

NOTED = 20  # classes of a sample


@dataclass(frozen=True)
class Labels(Answer):
    """The float32 probabilities [classes], and from which on a class is given."""

    probabilities: npt.NDArray[np.float32]
    threshold: float
    names: Sequence[str] = ()

    @property
    def classes(self) -> list[int]:
        """Indices of those that are given, in their order."""
        given: list[int] = np.flatnonzero(self.probabilities >= np.float32(self.threshold)).tolist()
        return given

    @property
    def numbers(self) -> Array:
        return self.probabilities

    @property
    def document(self) -> Mapping[str, Any]:
        classes = self.classes
        names = {"labels": [self.names[index] for index in classes]} if self.names else {}
        return {"classes": classes, **names, "probabilities": self.probabilities[classes]}

    @property
    def noted(self) -> Mapping[str, Any]:
        return {"classes": self.classes[:NOTED], "probability": round(float(self.probabilities.max()), 6)}


def answers(task: Task, arrays: Sequence[Array]) -> list[Answer]:
    """One answer a row of the last array [n, classes]."""
    rows = arrays[-1].astype(np.float32, copy=False)
    probabilities = sigmoid(rows) if task.logits else rows
    return [Labels(row, task.threshold, task.labels) for row in probabilities]


def check(task: Task, arrays: Sequence[Array]) -> None:
    """StartupError where the outputs aren't probabilities, or the labels are those of another number of classes."""
    name, rows = task.outputs[0].name, arrays[-1]
    if rows.ndim != 2:
        raise StartupError(f"Output {name!r} has the shape {list(rows.shape)} instead of [rows, classes].")
    if task.labels and len(task.labels) != rows.shape[1]:
        raise StartupError(f"Output {name!r} has {rows.shape[1]} classes, but there are {len(task.labels)} labels.")
    check_probabilities(task, rows)


def check_probabilities(task: Task, rows: Array) -> None:
    """StartupError where rows of what isn't said to be logits hold numbers below 0 or above 1."""
    outside = rows[(rows < 0) | (rows > 1)]
    if not task.logits and outside.size:
        name = task.outputs[0].name
        raise StartupError(
            f"Output {name!r} gave {float(outside[0]):.4g}, which is no probability: end the model with a sigmoid, or "
            "say that it gives logits."
        )


def sigmoid(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Of each number; by the hyperbolic tangent, which overflows nowhere."""
    half = np.float32(0.5)
    probabilities: npt.NDArray[np.float32] = half * (1 + np.tanh(half * logits))
    return probabilities
