"""Runs the model once and looks at what comes back."""

import time
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from typing import Any

from scoring.contract import Input, Tensor
from steps.registration.contract.findings import Probe
from steps.registration.contract.inference.meanings import FLOATS, Seen
from steps.registration.contract.inference.notes import Notes
from steps.registration.contract.opening import Arrays, Run
from steps.registration.contract.samples import Sample, make_up

COUNT = 2  # samples: enough to see whether each gets an answer of its own
CLOSE = 1e-3
LONGEST_REASON = 300  # characters
REAL = "the first of the validation data"
MADE_UP = {"jpeg": "a made-up JPEG", "image": "a made-up JPEG", "text": "a made-up text", "tensors": "made-up numbers"}


def probe(run: Run, form: Input, samples: Sequence[Sample], notes: Notes) -> tuple[Probe | None, Mapping[str, Seen]]:
    """Answer the samples, or made-up ones where there are none; None where that fails, and `notes` has why."""
    real = bool(samples)
    given = REAL if real else MADE_UP[form.kind]
    chosen = samples[:COUNT] if real else make_up(form, COUNT)
    start = time.monotonic()
    try:
        arrays = run(chosen, form)
    except Exception as error:  # noqa: BLE001 -- whatever a model makes TensorFlow raise
        _stop_failed(reason(error), given, real, notes)
        return None, {}
    seconds = time.monotonic() - start
    _check_rows(arrays, len(chosen), notes)
    _check_finite(arrays, given, real or form.kind != "tensors", notes)
    outputs = tuple(
        Tensor(name=name, dtype=tf.as_dtype(array.dtype).name if array.dtype != object else "string", shape=array.shape)
        for name, array in sorted(arrays.items())
    )
    found = Probe(sample=given, seconds=round(seconds, 3), outputs=outputs)
    return found, {name: _look(array) for name, array in arrays.items()}


def reason(error: Exception) -> str:
    """What TensorFlow says, without the places in its sources and graphs that only its makers need."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = next((line for line in lines if not line.startswith(("Graph execution error", "Detected at"))), "")
    return (told or type(error).__name__)[:LONGEST_REASON]


def _stop_failed(why: str, given: str, real: bool, notes: Notes) -> None:
    mend = "Call the signature on such a sample in a Python of your own, and export it anew once that works."
    if not real:
        mend = f"If {given} is nothing it can take, give it some of yours: --validation-data DIR. Otherwise: {mend}"
    notes.stop(f"The model fails on {given}: {why}", "the model", mend)


def _check_rows(arrays: Arrays, count: int, notes: Notes) -> None:
    wrong = {name: array for name, array in arrays.items() if array.shape[:1] != (count,)}
    if wrong:
        shapes = ", ".join(f"{name} {list(array.shape)}" for name, array in sorted(wrong.items()))
        notes.stop(
            f"It doesn't give each sample of a batch an answer: for {count} samples it returns {shapes}.",
            "the outputs",
            "Export a signature whose outputs have the batch as their first dimension, or leave that output out.",
        )


def _check_finite(arrays: Arrays, given: str, certain: bool, notes: Notes) -> None:
    wrong = [name for name, array in sorted(arrays.items()) if _is_float(array) and not np.isfinite(array).all()]
    if wrong and certain:
        notes.stop(
            f"It answers {given} with NaN or infinity.",
            f"output {', '.join(wrong)}",
            "Look in training for a division by zero, a logarithm of zero or diverged weights, and export it anew.",
        )
    elif wrong:
        notes.warnings.append(f"Output {', '.join(wrong)} has NaN or infinity for {given}, which may be none of yours.")


def _look(array: npt.NDArray[Any]) -> Seen:
    if not _is_float(array):
        return Seen(array.shape)
    values = array.astype(np.float64)
    finite = bool(np.isfinite(values).all())
    unit = finite and bool(((values >= 0) & (values <= 1)).all())
    sums = unit and values.ndim > 1 and values.shape[-1] > 1 and bool((abs(values.sum(axis=-1) - 1) < CLOSE).all())
    return Seen(array.shape, finite, unit, sums)


def _is_float(array: npt.NDArray[Any]) -> bool:
    return array.dtype != object and tf.as_dtype(array.dtype).name in FLOATS
