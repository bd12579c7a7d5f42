"""One class of several: `{"class": 7, "label": "seven", "probability": 0.9, "probabilities": [...], "top": [...]}`.

`label` is there where the classes have names, `top` where it was asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.contract import Task
from scoring.errors import StartupError
from scoring.tasks.answer import Answer, Array

SUM_TOLERANCE = 0.02  # a half-precision softmax over 1,000 classes is off by up to about 0.01


@dataclass(frozen=True)
class Classification(Answer):
    """The class and the float32 vector [classes] of probabilities."""

    label: int | str
    """As the model names it, else the index of the greatest probability."""

    probabilities: npt.NDArray[np.float32]
    names: Sequence[str] = ()
    """Of the classes, in their order."""

    top_k: int | None = None
    greatest: float | None = None
    """`probability`, where it is known: found for a whole batch at once, it costs a fraction."""

    @property
    def probability(self) -> float:
        """The greatest; not a number where any of them isn't."""
        return float(self.probabilities.max()) if self.greatest is None else self.greatest

    @property
    def is_finite(self) -> bool:
        return isfinite(self.probability)

    @property
    def numbers(self) -> Array:
        return self.probabilities

    @property
    def document(self) -> Mapping[str, Any]:
        return {
            "class": self.label,
            **self._named(self.label),
            "probability": self.probabilities.dtype.type(self.probability),  # float32 digits
            "probabilities": self.probabilities,
            **({} if self.top_k is None else {"top": self._top(self.top_k)}),
        }

    @property
    def noted(self) -> Mapping[str, Any]:
        index = int(self.probabilities.argmax())
        return {"class": self.label, "index": index, "probability": round(self.probability, 6)}

    def _named(self, label: int | str) -> dict[str, str]:
        if not self.names:
            return {}
        known = isinstance(label, int) and 0 <= label < len(self.names)
        return {"label": self.names[int(label)] if known else str(label)}

    def _top(self, count: int) -> list[dict[str, Any]]:
        likeliest = np.argsort(-self.probabilities, kind="stable")[:count].tolist()  # of equal ones the first, as above
        return [{"class": index, **self._named(index), "probability": self.probabilities[index]} for index in likeliest]


def answers(task: Task, arrays: Sequence[Array]) -> list[Answer]:
    """One answer a row of the last array [n, classes]; the array [n] before it, if any, has the model's own classes."""
    rows = arrays[-1].astype(np.float32, copy=False)
    probabilities = softmax(rows) if task.logits else rows
    labels = _classes(arrays[0]) if task.label_output else probabilities.argmax(axis=1).tolist()
    names, top_k = task.labels, task.top_k
    columns = zip(labels, probabilities, probabilities.max(axis=1).tolist(), strict=True)
    return [Classification(label, row, names, top_k, greatest) for label, row, greatest in columns]


def check(task: Task, arrays: Sequence[Array]) -> None:
    """StartupError where the outputs aren't probabilities, or the labels are those of another number of classes."""
    name, rows = task.outputs[0].name, arrays[-1]
    if rows.ndim != 2:
        raise StartupError(f"Output {name!r} has the shape {list(rows.shape)} instead of [images, classes].")
    if task.labels and len(task.labels) != rows.shape[1]:
        raise StartupError(f"Output {name!r} has {rows.shape[1]} classes, but there are {len(task.labels)} labels.")
    total = float(rows[0].astype(np.float64).sum())
    if not task.logits and abs(total - 1) > SUM_TOLERANCE:
        raise StartupError(f"Output {name!r} sums to {total:.4g} instead of 1: end the model with a softmax.")


def softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Of each row [n, classes]."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    quotients: npt.NDArray[np.float32] = powers / powers.sum(axis=1, keepdims=True)
    return quotients


def _classes(labels: Array) -> list[int | str]:
    return [label.decode(errors="backslashreplace") if isinstance(label, bytes) else label for label in labels.tolist()]
