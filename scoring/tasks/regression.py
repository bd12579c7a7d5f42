"""Numbers: `{"value": 3.2, "unit": "kg"}`, or `{"values": [3.2, 1.5], "unit": "kg"}` for several; the unit if known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scoring.contract import Task
from scoring.errors import StartupError
from scoring.tasks.answer import Answer, Array

NOTED = 20  # values of a sample


@dataclass(frozen=True)
class Values(Answer):
    """One or several [n] floats."""

    values: Array
    unit: str | None = None

    @property
    def numbers(self) -> Array:
        return self.values

    @property
    def document(self) -> Mapping[str, Any]:
        value = {"value": self.values[0]} if len(self.values) == 1 else {"values": self.values}
        return value if self.unit is None else {**value, "unit": self.unit}

    @property
    def noted(self) -> Mapping[str, Any]:
        values = [float(f"{value:.7g}") for value in self.values[:NOTED].tolist()]
        return {"value": values[0]} if len(self.values) == 1 else {"values": values}


def answers(task: Task, arrays: Sequence[Array]) -> list[Answer]:
    """One answer a row of the last array: [n] or [n, values]."""
    rows = arrays[-1] if arrays[-1].dtype == np.float64 else arrays[-1].astype(np.float32, copy=False)
    return [Values(row, task.unit) for row in rows.reshape(len(rows), -1)]


def check(task: Task, arrays: Sequence[Array]) -> None:
    """StartupError where the output has no values."""
    if not arrays[-1][0].size:
        raise StartupError(f"Output {task.outputs[0].name!r} has no values: its shape is {list(arrays[-1].shape)}.")
