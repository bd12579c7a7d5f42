"""Inputs that a model of this contract should accept, where no real one is known: what a start-up tries it on.

Images are never flat: a model that scales by the darkest and the brightest pixel gives no number for a grey one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from scoring.contract import Contract, Tensor
from scoring.inputs.examples import Column, Examples
from scoring.tasks.answer import Array

SEED = 20
# Pixels; 224 is the commonest input of image classifiers. A model that decodes the image itself may take one size only.
SIDES = (224, 299, 28, 32, 64, 96, 128, 160, 192, 240, 256, 260, 300, 331, 380, 384, 456, 512, 528, 600, 640)
FREE = (1, 8, 32, 128, 512)
"""Lengths of free dimensions, tried in this order: a convolution doesn't fit into a short row."""


@dataclass(frozen=True)
class Probe:
    """One row, and what it is."""

    examples: Examples
    name: str


def probes(contract: Contract) -> Iterator[Probe]:
    """The inputs to try, the likeliest first."""
    if contract.input.kind == "jpeg":
        yield from (_image(side, side) for side in SIDES)
    elif contract.input.kind == "image":
        yield _image(*(contract.input.size or _size(contract.input.tensors[0])))
    else:
        yield from _tensors(contract)


def _size(tensor: Tensor) -> tuple[int, int]:
    height, width = tensor.shape[1:3]
    return height or SIDES[0], width or SIDES[0]


def _image(height: int, width: int) -> Probe:
    jpeg: bytes = tf.io.encode_jpeg(picture(height, width), quality=95).numpy()
    return Probe(Examples(([jpeg],), 1, ()), f"a JPEG of {width} x {height} pixels")


def picture(height: int, width: int) -> npt.NDArray[np.uint8]:
    """A colourful slope with noise on it [height, width, 3], always the same one."""
    across, down = np.linspace(0, 160, width), np.linspace(0, 160, height)[:, np.newaxis]
    slope = np.stack(np.broadcast_arrays(across, down, (across + down) / 2), axis=-1)
    noise = np.random.default_rng(SEED).uniform(0, 95, slope.shape)
    return (slope + noise).astype(np.uint8)


def _tensors(contract: Contract) -> Iterator[Probe]:
    tensors = contract.input.tensors
    free = any(size is None for tensor in tensors for size in tensor.shape[1:])
    for length in FREE if free else FREE[:1]:
        arrays = [_values(tensor, length) for tensor in tensors]
        columns: list[Column] = [arrays[0].ravel().tolist()] if contract.input.kind == "text" else [*arrays]
        shapes = (f"{tensor.name!r} {list(array.shape)}" for tensor, array in zip(tensors, arrays, strict=True))
        yield Probe(Examples(columns, 1, ()), f"made-up values for {', '.join(shapes)}")


def _values(tensor: Tensor, length: int) -> Array:
    """Small numbers, which most models take: from 0 to 1; whole ones are 0 or 1, numbers of words that all know."""
    shape = (1, *(length if size is None else size for size in tensor.shape[1:]))
    random = np.random.default_rng(SEED)
    if tensor.dtype == "string":
        return np.full(shape, b"1", object)
    dtype: Any = tf.dtypes.as_dtype(tensor.dtype)
    drawn = random.random(shape) if dtype.is_floating else random.integers(0, 2, shape)
    return drawn.astype(dtype.as_numpy_dtype)
