"""Runs the model once and looks at what comes back."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf

from scoring.contract import Tensor
from scoring.model.network import Column
from scoring.tasks.answer import Array
from steps.registration.contract.findings import Probe
from steps.registration.contract.inference.meanings import FLOATS, Seen
from steps.registration.contract.inference.notes import Notes
from steps.registration.contract.inference.takes import WRAP
from steps.registration.contract.opening import ROWS, Answer, Arrays, Given

CLOSE = 1e-3
LONGEST_REASON = 300  # characters
CALL_IT = "Call the signature on such a sample in a Python of your own, and export it anew once that works."
GIVE_SAMPLES = "give samples of yours, --validation-data DIR"


@dataclass(frozen=True)
class Answered:
    """What came back."""

    probe: Probe
    asked: Sequence[Column]
    arrays: Arrays
    seen: Mapping[str, Seen] = field(default_factory=dict)


def probe(answer: Answer, questions: Iterable[Given], notes: Notes) -> Answered | None:
    """Ask until one is answered soundly; None, and `notes` has why, where none is."""
    first: tuple[Given, str] | None = None
    for given in questions:
        start = time.monotonic()
        try:
            arrays = answer(given.columns)
        except Exception as error:  # noqa: BLE001 -- whatever a model makes TensorFlow raise
            first = first or (given, f"fails on {given.name}: {_reason(error)}")
            if not isinstance(error, tf.errors.InvalidArgumentError | ValueError):
                break
            continue
        infinite = [name for name, array in sorted(arrays.items()) if _is_float(array) and not np.isfinite(array).all()]
        if not infinite:
            return _answered(arrays, given, time.monotonic() - start, notes)
        first = first or (given, f"answers {given.name} with NaN or infinity in {', '.join(infinite)}")
    if first:
        _tell(*first, notes)
    return None


def _answered(arrays: Arrays, given: Given, seconds: float, notes: Notes) -> Answered:
    _check_rows(arrays, notes)
    outputs = tuple(Tensor(name=name, dtype=_dtype(array), shape=array.shape) for name, array in sorted(arrays.items()))
    found = Probe(sample=given.name, seconds=round(seconds, 3), outputs=outputs)
    return Answered(found, given.columns, arrays, {name: seen_in(array) for name, array in arrays.items()})


def _tell(given: Given, what: str, notes: Notes) -> None:
    if given.certain:
        notes.stop(f"The model {what}.", "the model", CALL_IT)
    else:
        notes.warnings.append(f"The model {what}. Should it be nothing that the model can take, {GIVE_SAMPLES}.")


def _reason(error: Exception) -> str:
    """What TensorFlow says, without the places in its graphs that only its makers need."""
    message = error.message if isinstance(error, tf.errors.OpError) else str(error)
    lines = [line.strip() for line in message.splitlines() if line.strip() and "{{node" not in line]
    said = [line for line in lines if not line.startswith(("[[", "Hint: "))]
    return ((said or lines or [message or type(error).__name__])[-1])[:LONGEST_REASON].rstrip(".")


def _check_rows(arrays: Arrays, notes: Notes) -> None:
    wrong = {name: array for name, array in arrays.items() if array.shape[:1] != (ROWS,)}
    if wrong:
        shapes = ", ".join(f"{name} {list(array.shape)}" for name, array in sorted(wrong.items()))
        notes.stop(
            f"It doesn't give each sample of a batch an answer: for {ROWS} samples it returns {shapes}.",
            "the outputs",
            "Export a signature whose outputs have the batch as their first dimension, or leave that output out. Where "
            f"the input's first dimension is no batch's, but a sample's own, as of a sound, {WRAP}",
        )


def seen_in(array: Array) -> Seen:
    """What one output of a run, a row a sample, tells of itself."""
    if not _is_float(array):
        return Seen(array.shape)
    values = array.astype(np.float64)
    unit = bool(((values >= 0) & (values <= 1)).all())
    sums = unit and values.ndim > 1 and values.shape[-1] > 1 and bool((abs(values.sum(axis=-1) - 1) < CLOSE).all())
    return Seen(array.shape, unit, sums)


def _is_float(array: Array) -> bool:
    return _dtype(array) in FLOATS


def _dtype(array: Array) -> str:
    return "string" if array.dtype == object else str(tf.as_dtype(array.dtype).name)
