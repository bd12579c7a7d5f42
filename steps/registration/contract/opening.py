"""Opens a model as the service will, and makes what it is tried with."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from scoring.contract import Contract, Input, Tensor
from scoring.errors import StartupError

Column = Sequence[bytes] | npt.NDArray[Any]
Arrays = Mapping[str, npt.NDArray[Any]]
Answer = Callable[[Sequence[Column]], Arrays]
FREE_SIDE = 224
FREE = 8


def open_model(saved_model: Path, contract: Contract) -> Answer:
    """Answers one column an input with the outputs by name. StartupError for what the service couldn't load."""
    try:
        loaded = tf.saved_model.load(str(saved_model))
    except Exception as error:
        raise StartupError(str(error)) from error
    serve = loaded.signatures[contract.signature]
    form = contract.input

    def answer(columns: Sequence[Column]) -> Arrays:
        values = [decode(columns[0], form)] if form.kind == "image" else [tf.constant(column) for column in columns]
        results = serve(**{tensor.name: value for tensor, value in zip(form.tensors, values, strict=True)})
        return {name: np.asarray(value.numpy()) for name, value in results.items()}

    vars(answer)["loaded"] = loaded
    return answer


def decode(images: Any, form: Input) -> Any:
    return tf.stack([_pixels(image, form, form.tensors[0]) for image in images])


def _pixels(content: bytes, form: Input, tensor: Tensor) -> Any:
    image = tf.io.decode_image(content, tensor.shape[3], expand_animations=False)
    image = tf.cast(tf.image.resize(image, form.size, form.resize) if form.size else image, tf.float32)
    if form.scale == "0-1":
        image /= 255
    elif form.scale in ("-1-1", "tf"):
        image = image / 127.5 - 1
    elif form.scale == "torch":
        image = (image / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    elif form.scale == "caffe":
        image = image[..., ::-1] - [103.939, 116.779, 123.68]
    return tf.cast(image, tensor.dtype)


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
