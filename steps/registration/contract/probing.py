"""Runs the model once and looks at what comes back."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from scoring.contract import Tensor
from scoring.model.network import Column
from steps.registration.contract.findings import Probe
from steps.registration.contract.inference.meanings import FLOATS, Seen
from steps.registration.contract.inference.notes import Notes
from steps.registration.contract.opening import Answer, Arrays

CLOSE = 1e-3
LONGEST_REASON = 300  # characters


@dataclass(frozen=True)
class Given:
    """What the model is asked: one column an input, each of `count` rows."""

    columns: Sequence[Column]
    count: int
    name: str
    real: bool
    """Of the validation data, not made up."""
    certain: bool
    """Whether a sound model answers it: made-up numbers may be none that it knows."""


def probe(answer: Answer, given: Given, notes: Notes) -> tuple[Probe | None, Mapping[str, Seen]]:
    """Ask once, and look at what comes back; None where the model fails, and `notes` has why."""
    start = time.monotonic()
    try:
        arrays = answer(given.columns)
    except Exception as error:  # noqa: BLE001 -- whatever a model makes TensorFlow raise
        _stop_failed(reason(error), given, notes)
        return None, {}
    seconds = time.monotonic() - start
    _check_rows(arrays, given.count, notes)
    _check_finite(arrays, given, notes)
    outputs = tuple(Tensor(name=name, dtype=_dtype(array), shape=array.shape) for name, array in sorted(arrays.items()))
    found = Probe(sample=given.name, seconds=round(seconds, 3), outputs=outputs)
    return found, {name: _look(array) for name, array in arrays.items()}


def reason(error: Exception) -> str:
    """What TensorFlow says, without the places in its sources and graphs that only its makers need."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = next((line for line in lines if not line.startswith(("Graph execution error", "Detected at"))), "")
    return (told or type(error).__name__)[:LONGEST_REASON]


def _stop_failed(why: str, given: Given, notes: Notes) -> None:
    mend = "Call the signature on such a sample in a Python of your own, and export it anew once that works."
    if not given.real:
        mend = f"Should that be nothing it can take, give samples of yours: --validation-data DIR. Else: {mend}"
    notes.stop(f"The model fails on {given.name}: {why}", "the model", mend)


def _check_rows(arrays: Arrays, count: int, notes: Notes) -> None:
    wrong = {name: array for name, array in arrays.items() if array.shape[:1] != (count,)}
    if wrong:
        shapes = ", ".join(f"{name} {list(array.shape)}" for name, array in sorted(wrong.items()))
        notes.stop(
            f"It doesn't give each sample of a batch an answer: for {count} samples it returns {shapes}.",
            "the outputs",
            "Export a signature whose outputs have the batch as their first dimension, or leave that output out.",
        )


def _check_finite(arrays: Arrays, given: Given, notes: Notes) -> None:
    wrong = [name for name, array in sorted(arrays.items()) if _is_float(array) and not np.isfinite(array).all()]
    if wrong and given.certain:
        notes.stop(
            f"It answers {given.name} with NaN or infinity.",
            f"output {', '.join(wrong)}",
            "Look in training for a division by zero, a logarithm of zero or diverged weights, and export it anew.",
        )
    elif wrong:
        names = ", ".join(wrong)
        notes.warnings.append(f"Output {names} has NaN or infinity for {given.name}, which may be unlike yours.")


def _look(array: npt.NDArray[Any]) -> Seen:
    if not _is_float(array):
        return Seen(array.shape)
    values = array.astype(np.float64)
    finite = bool(np.isfinite(values).all())
    unit = finite and bool(((values >= 0) & (values <= 1)).all())
    sums = unit and values.ndim > 1 and values.shape[-1] > 1 and bool((abs(values.sum(axis=-1) - 1) < CLOSE).all())
    return Seen(array.shape, finite, unit, sums)


def _is_float(array: npt.NDArray[Any]) -> bool:
    return _dtype(array) in FLOATS


def _dtype(array: npt.NDArray[Any]) -> str:
    return "string" if array.dtype == object else str(tf.as_dtype(array.dtype).name)
