"""What the model is tried with: the first validation samples, or made-up ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from scoring.contract import Input, Tensor

FREE_SIDE = 224  # pixels, of a made-up image where the tensor's sides are free
FREE = 8  # of any other free dimension
TEXTS = ("A short example of a text.", "and another one: 42")

Content = bytes | str | Mapping[str, npt.NDArray[Any]]
"""An encoded image, a text, or a value of each input, without the batch dimension."""


@dataclass(frozen=True)
class Sample:
    """One request and, of validation data, the answer that is right."""

    content: Content
    label: object = None


def make_up(form: Input, count: int) -> list[Sample]:
    """Samples of the right form, the same each time; images are noise, never flat."""
    random = np.random.default_rng(20)
    if form.kind in ("jpeg", "image"):
        height, width = form.size or (FREE_SIDE, FREE_SIDE)
        noise = random.integers(0, 256, (count, height, width, 3), np.uint8)
        return [Sample(bytes(tf.io.encode_jpeg(image).numpy())) for image in noise]
    if form.kind == "text":
        return [Sample(TEXTS[number % len(TEXTS)]) for number in range(count)]
    return [Sample({tensor.name: _value(tensor, random) for tensor in form.tensors}) for _ in range(count)]


def _value(tensor: Tensor, random: np.random.Generator) -> npt.NDArray[Any]:
    shape = tuple(size or FREE for size in tensor.shape[1:])
    dtype = tf.as_dtype(tensor.dtype)
    if dtype == tf.string:
        return np.full(shape, b"1", object)
    if dtype == tf.bool or dtype.is_integer:
        return random.integers(0, 2, shape).astype(dtype.as_numpy_dtype)
    return random.random(shape).astype(dtype.as_numpy_dtype)


def read_validation(folder: Path, count: int) -> Sequence[Sample]:
    """The first samples of a folder of validation data. ModelError where it isn't one."""
    from steps.validation.labelled_images import load_images

    return [Sample(image.image, image.label) for image in load_images(folder, count)]
