"""The model as one function: encoded images in, labels and probabilities out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from scoring.contract import Input
from scoring.errors import StartupError
from scoring.model.signature import default_contract

IMAGES = [tf.TensorSpec([None], tf.string, name="images")]


@dataclass(frozen=True)
class Network:
    """`call(images)` takes n encoded images and returns one array [n, ...] for each of `outputs`.

    Raises what TensorFlow raises: InvalidArgumentError for an image that can't be decoded.
    """

    call: Callable[[Sequence[bytes]], Sequence[npt.NDArray[Any]]]
    outputs: tuple[str, ...]
    """The model's names: of its labels [n] where it has such an output, then of its probabilities [n, classes]."""

    device: Callable[[Sequence[bytes]], str]
    """Run once and tell where the probabilities were computed, such as "GPU:0"."""


def open_saved_model(saved_model: Path) -> Network:
    """The SavedModel as it was exported, its variables apart from its graph. StartupError when it can't be served."""
    function, outputs = serving_function(saved_model)
    concrete = function.get_concrete_function()

    def call(images: Sequence[bytes]) -> list[npt.NDArray[Any]]:
        return [np.asarray(tensor.numpy()) for tensor in concrete(tf.constant(images))]

    def device(images: Sequence[bytes]) -> str:
        return str(concrete(tf.constant(images))[-1].device).rpartition("/device:")[2]

    return Network(call, outputs, device)


def serving_function(saved_model: Path) -> tuple[Any, tuple[str, ...]]:
    """`serving_default`, behind the decoding that it needs, as a tf.function; and the names of its outputs."""
    contract = default_contract(saved_model)
    (tensor,) = contract.input.tensors
    outputs = tuple(output.name for output in (contract.task.label_output, *contract.task.outputs) if output)
    loaded = _load(saved_model)
    serve = loaded.signatures[contract.signature]

    @tf.function(input_signature=IMAGES)  # type: ignore[untyped-decorator]
    def function(images: Any) -> list[Any]:
        batch = images if contract.input.kind == "jpeg" else _decode(images, contract.input)
        results = serve(**{tensor.name: batch})
        return [results[name] for name in outputs]

    function.loaded = loaded  # holds the variables, which the signature refers to only weakly
    return function, outputs


def _load(saved_model: Path) -> Any:
    try:
        return tf.saved_model.load(str(saved_model))
    except Exception as error:  # TensorFlow documents no set: a damaged model raises anything from OSError to KeyError
        raise StartupError(f"The SavedModel in {saved_model} can't be loaded: {error}") from error


def _decode(images: Any, form: Input) -> Any:
    """Encoded images [n] as a tensor [n, height, width, channels], resized bilinearly as Keras' image loaders do."""
    (tensor,) = form.tensors
    height, width, channels = tensor.shape[1:]

    def one(image: Any) -> Any:
        decoded = tf.io.decode_image(image, channels=channels, expand_animations=False)
        resized = tf.image.resize(decoded, (height, width))
        return tf.cast(tf.round(resized), tf.uint8) if tensor.dtype == "uint8" else tf.cast(resized, tensor.dtype)

    return tf.map_fn(one, images, fn_output_signature=tf.TensorSpec((height, width, channels), tensor.dtype))
