"""Opens a model to run it on samples."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from scoring.contract import Input, Tensor
from steps.registration.contract.samples import Sample

Arrays = Mapping[str, npt.NDArray[Any]]
Run = Callable[[Sequence[Sample], Input], Arrays]
"""Answers the samples as the service would that has such an input; raises what TensorFlow raises."""


def open_model(saved_model: Path, key: str) -> Run:
    """The signature `key`; raises what TensorFlow raises for one that can't be loaded."""
    loaded = tf.saved_model.load(str(saved_model))
    serve = loaded.signatures[key]

    def run(samples: Sequence[Sample], form: Input) -> Arrays:
        results = serve(**_feed(samples, form))
        return {name: np.asarray(value.numpy()) for name, value in results.items()}

    vars(run)["loaded"] = loaded
    return run


def _feed(samples: Sequence[Sample], form: Input) -> dict[str, Any]:
    contents: list[Any] = [sample.content for sample in samples]
    if form.kind == "tensors":
        names = [tensor.name for tensor in form.tensors]
        return {name: tf.constant(np.stack([content[name] for content in contents])) for name in names}
    (tensor,) = form.tensors
    values = [_pixels(content, form, tensor) for content in contents] if form.kind == "image" else contents
    return {tensor.name: tf.constant(values) if form.kind != "image" else tf.stack(values)}


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
