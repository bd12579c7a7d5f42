"""What a SavedModel says about its `serving_default`: which input takes the image, which outputs answer."""

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from scoring.errors import StartupError

SIGNATURE_KEY = "serving_default"
IMAGE_RANK = 4  # batch, height, width, channels
MATRIX_RANK = 2  # batch, classes


@dataclass(frozen=True)
class Pixels:
    """An image tensor input `[batch, height, width, channels]`; values stay 0-255 whatever the dtype."""

    dtype: tf.DType
    height: int
    width: int
    channels: int


@dataclass(frozen=True)
class Signature:
    """The parts of `serving_default` that scoring uses."""

    input_name: str
    pixels: Pixels | None
    """None: the input is a string tensor [batch] of encoded images, which the model decodes itself."""

    probabilities: str
    """Name of the float output [batch, n]."""

    classes: str | None
    """Name of the integer or string output [batch] of labels, None: the label is the index of the best class."""


def read_signature(loaded: Any) -> Signature:
    """Read `loaded`, what `tf.saved_model.load` gave; a StartupError says what doesn't fit and how to fix it.

    Accepted: exactly one input, either a string tensor [batch] or a uint8 or float image tensor
    [batch, height, width, 1 or 3]; a float output [batch, n], named `probabilities` unless it is the only one;
    optionally an output `classes` [batch].
    """
    if SIGNATURE_KEY not in loaded.signatures:
        found = ", ".join(loaded.signatures) or "none"
        raise StartupError(f"The SavedModel has no signature {SIGNATURE_KEY!r} (found: {found}): export it with one.")
    function = loaded.signatures[SIGNATURE_KEY]
    inputs: dict[str, tf.TensorSpec] = function.structured_input_signature[1]
    outputs: dict[str, tf.TensorSpec] = function.structured_outputs
    if len(inputs) != 1:
        raise StartupError(f"{SIGNATURE_KEY!r} must have exactly one input, it has {_describe(inputs)}.")
    ((input_name, spec),) = inputs.items()
    return Signature(input_name, _read_input(input_name, spec), _probabilities(outputs), _classes(outputs))


def _read_input(name: str, spec: tf.TensorSpec) -> Pixels | None:
    if spec.shape.rank is None or spec.shape.rank == 0 or spec.shape[0] is not None:
        raise StartupError(f"Input {name!r} must have an open batch dimension [None, ...], its shape is {spec.shape}.")
    if spec.dtype == tf.string and spec.shape.rank == 1:
        return None
    if (spec.dtype == tf.uint8 or spec.dtype.is_floating) and spec.shape.rank == IMAGE_RANK:
        height, width, channels = spec.shape[1:]
        if height and width and channels in (1, 3):
            return Pixels(spec.dtype, height, width, channels)
    raise StartupError(
        f"Input {name!r} is {spec.dtype.name} {spec.shape}: it must be a string tensor [None] of encoded images, "
        "or a uint8 or float image tensor [None, height, width, 1 or 3] with fixed height and width."
    )


def _probabilities(outputs: dict[str, tf.TensorSpec]) -> str:
    floats = [name for name, spec in outputs.items() if spec.dtype.is_floating and spec.shape.rank == MATRIX_RANK]
    if "probabilities" in floats:
        return "probabilities"
    if len(floats) == 1:
        return floats[0]
    raise StartupError(
        f"One float output [None, classes] must be named 'probabilities' or be the only such, "
        f"the outputs are {_describe(outputs)}."
    )


def _classes(outputs: dict[str, tf.TensorSpec]) -> str | None:
    if "classes" not in outputs:
        return None
    spec = outputs["classes"]
    if spec.shape.rank != 1 or not (spec.dtype.is_integer or spec.dtype == tf.string):
        raise StartupError(f"Output 'classes' must be one integer or string an image, it is {_describe(outputs)}.")
    return "classes"


def _describe(specs: dict[str, tf.TensorSpec]) -> str:
    return ", ".join(f"{name}: {spec.dtype.name} {spec.shape}" for name, spec in sorted(specs.items())) or "none"
