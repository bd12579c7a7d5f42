"""Opens a model as the service does, and makes up what it may be asked."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from scoring.contract import Contract, Input, Tensor
from scoring.model.network import Column, open_network

Arrays = Mapping[str, npt.NDArray[Any]]
Answer = Callable[[Sequence[Column]], Arrays]
"""Takes a column an input, gives the outputs by name; raises what TensorFlow raises."""
FREE_SIDE = 224  # pixels; the commonest input of image classifiers
FREE = 8  # of any other free dimension


def open_model(saved_model: Path, contract: Contract) -> Answer:
    """The SavedModel itself, also where it carries a frozen graph. StartupError for what the service can't load."""
    network = open_network(saved_model, contract, frozen=False)

    def answer(columns: Sequence[Column]) -> Arrays:
        arrays = network.call(columns)
        return {name: np.asarray(array) for name, array in zip(network.outputs, arrays, strict=True)}

    return answer


def make_up(form: Input) -> Sequence[Column]:
    random = np.random.default_rng(20)
    if form.kind in ("jpeg", "image"):
        height, width = form.size or (FREE_SIDE, FREE_SIDE)
        noise = random.integers(0, 256, (height, width, 3), np.uint8)
        return [[bytes(tf.io.encode_jpeg(noise).numpy())] * 2]
    if form.kind == "text":
        return [[b"a text"] * 2]
    return [_value(tensor, random) for tensor in form.tensors]


def _value(tensor: Tensor, random: np.random.Generator) -> npt.NDArray[Any]:
    shape = (2, *(size or FREE for size in tensor.shape[1:]))
    dtype = tf.as_dtype(tensor.dtype)
    if dtype == tf.string:
        return np.full(shape, b"1", object)
    if dtype == tf.bool or dtype.is_integer:
        return random.integers(0, 2, shape).astype(dtype.as_numpy_dtype)
    return random.random(shape).astype(dtype.as_numpy_dtype)
