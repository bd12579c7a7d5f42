"""Finds how images were scaled in training, by how well the model answers labelled ones."""

from collections.abc import Sequence
from typing import get_args

import numpy as np
import tensorflow as tf

from scoring.contract import Contract, Input, Scale, Task
from scoring.model.decoding import decode
from scoring.tasks import binary
from steps.registration.contract.findings import ScaleFit
from steps.registration.contract.inference.pixels import COLOURS
from steps.registration.contract.opening import Answer, Arrays
from steps.validation.samples.sample import Sample

CHANNELS = 3
TWIN = "tf"
"""The same numbers as -1-1."""
CLASSES = ("classification", "binary")


def try_scales(answer: Answer, contract: Contract, samples: Sequence[Sample]) -> tuple[ScaleFit, ...]:
    """The scales with the accuracy that each gives, the best first; none where the task has no classes.

    `answer` takes the image tensor itself.
    """
    task, form = contract.task, contract.input
    if task.kind not in CLASSES or not samples:
        return ()
    three = form.tensors[0].shape[3] == CHANNELS
    scales = [scale for scale in get_args(Scale) if scale != TWIN and (three or scale not in COLOURS)]
    fits = [
        ScaleFit(scale=scale, accuracy=_accuracy(answer, task, _scaled(form, scale), samples), samples=len(samples))
        for scale in scales
    ]
    return tuple(sorted(fits, key=lambda fit: -fit.accuracy))


def _scaled(form: Input, scale: str) -> Input:
    return form.model_copy(update={"scale": scale})


def _accuracy(answer: Answer, task: Task, form: Input, samples: Sequence[Sample]) -> float:
    right = 0
    for sample in samples:
        pixels = np.asarray(decode(tf.constant([sample.body]), form))
        right += _predicted(answer([pixels]), task) == sample.truth
    return right / len(samples)


def _predicted(arrays: Arrays, task: Task) -> int:
    values = arrays[task.outputs[0].name]
    if task.kind == "classification":
        return int(values.reshape(-1).argmax())
    (answer,) = binary.answers(task, [values])
    return int(answer.document["class"])
