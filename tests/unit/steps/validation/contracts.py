"""Small contracts, one a task."""

from typing import Any

from scoring.contract import Contract, Input, InputKind, Task, TaskKind, Tensor

WIDTHS = {"classification": 3, "multilabel": 3, "binary": 1, "regression": 1, "tensors": 2}


def contract(task: TaskKind, kind: InputKind = "jpeg", inputs: tuple[Tensor, ...] = (), **about: Any) -> Contract:
    """A model of this task; images go in unless said otherwise."""
    tensors = inputs or (Tensor(name="x", dtype="float32" if kind == "tensors" else "string", shape=_shape(kind)),)
    outputs = about.pop("outputs", (Tensor(name="y", dtype="float32", shape=(None, WIDTHS[task])),))
    return Contract(
        signature="serving_default",
        input=Input(kind=kind, tensors=tensors),
        task=Task(kind=task, outputs=outputs, **about),
    )


def _shape(kind: InputKind) -> tuple[int | None, ...]:
    return (None, 2) if kind == "tensors" else (None,)
