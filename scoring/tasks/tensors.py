"""The outputs as they are: `{"outputs": {"embedding": [...], "words": [...]}}`.

Strings that aren't UTF-8 are `{"b64": ...}`, as in TensorFlow Serving's JSON, and as there, a list of predictions
leaves the name of an only output out (tensorflow.org/tfx/serving/api_rest).
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scoring.contract import Task
from scoring.errors import StartupError
from scoring.tasks.answer import Answer, Array

NOTED = 20  # values of a sample


@dataclass(frozen=True)
class Outputs(Answer):
    """Name and value [...] of each output."""

    arrays: Mapping[str, Array]

    @property
    def numbers(self) -> Array:
        parts = [array.ravel().astype(np.float64) for array in self.arrays.values() if array.dtype.kind not in "OS"]
        return np.concatenate(parts) if parts else np.empty(0)

    @property
    def document(self) -> Mapping[str, Any]:
        return {"outputs": self._written}

    @property
    def prediction(self) -> Any:
        return _only(self._written)

    @classmethod
    def columns(cls, answers: Sequence[Answer]) -> Any:
        rows = [answer._written for answer in answers if isinstance(answer, Outputs)]
        return _only({name: [row[name] for row in rows] for name in rows[0]})

    @property
    def noted(self) -> Mapping[str, Any]:
        return {"outputs": {name: _start(array) for name, array in self.arrays.items()}}

    @property
    def _written(self) -> dict[str, Any]:
        return {name: _json(array) for name, array in self.arrays.items()}


def answers(task: Task, arrays: Sequence[Array]) -> list[Answer]:
    """One answer a row: the i-th of every array [n, ...]."""
    outputs = arrays[-len(task.outputs) :]
    names = [output.name for output in task.outputs]
    # Of the outputs' types: as text of its own length, NumPy drops a zero at its end.
    types = [array.dtype for array in outputs]
    rows = (map(np.asarray, row, types) for row in zip(*outputs, strict=True))
    return [Outputs(dict(zip(names, row, strict=True))) for row in rows]


def check(task: Task, arrays: Sequence[Array]) -> None:
    """StartupError for complex numbers; whatever else the outputs are, that is what they are."""
    for output, array in zip(task.outputs, arrays[-len(task.outputs) :], strict=True):
        if array.dtype.kind == "c":
            raise StartupError(
                f"Output {output.name!r} is {array.dtype.name}, which JSON has no form for: leave it out, or export "
                "its real and imaginary parts."
            )


def _only(named: Mapping[str, Any]) -> Any:
    return next(iter(named.values())) if len(named) == 1 else named


def _json(array: Array) -> Any:
    """What orjson can write: it knows neither 0-dimensional arrays nor TensorFlow's additional types."""
    if array.dtype.kind in "OS":
        return _text(array.tolist())
    known = array if array.dtype.kind in "biuf" else array.astype(np.float32)
    return np.ascontiguousarray(known) if known.ndim else known[()]


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return [_text(one) for one in value]
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"b64": base64.b64encode(value).decode()}


def _start(array: Array) -> Any:
    values = _json(array.reshape(-1)[:NOTED])
    return values if isinstance(values, list) else values.tolist()
