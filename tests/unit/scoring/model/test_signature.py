from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from scoring.errors import StartupError
from scoring.model.signature import Pixels, Signature, read_signature
from tests.unit.scoring.conftest import Save, brightness

STRINGS = tf.TensorSpec([None], tf.string, name="jpegs")
IMAGES = tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image")


def two(value: Any) -> Any:
    """A distribution over two classes for each of a batch."""
    return tf.ones((tf.shape(value)[0], 2)) / 2


def test_string_input(save: Save) -> None:
    model = save(lambda jpegs: {"classes": tf.strings.length(jpegs), "probabilities": two(jpegs)}, STRINGS)
    assert read_signature(tf.saved_model.load(str(model))) == Signature("jpegs", None, "probabilities", "classes")


@pytest.mark.parametrize("dtype", [tf.uint8, tf.float32, tf.float16])
@pytest.mark.parametrize("channels", [1, 3])
def test_image_input(save: Save, dtype: Any, channels: int) -> None:
    model = save(brightness, tf.TensorSpec([None, 8, 6, channels], dtype, name="image"))
    expected = Signature("image", Pixels(dtype, 8, 6, channels), "probabilities", None)
    assert read_signature(tf.saved_model.load(str(model))) == expected


def test_the_only_float_matrix_needs_no_name(save: Save) -> None:
    model = save(lambda jpegs: {"output_0": two(jpegs), "lengths": tf.strings.length(jpegs)}, STRINGS)
    assert read_signature(tf.saved_model.load(str(model))).probabilities == "output_0"


def test_probabilities_are_chosen_by_name_among_several(save: Save) -> None:
    model = save(lambda jpegs: {"embedding": two(jpegs), "probabilities": two(jpegs)}, STRINGS)
    assert read_signature(tf.saved_model.load(str(model))).probabilities == "probabilities"


def test_other_signature_key(save: Save) -> None:
    model = save(lambda jpegs: {"probabilities": two(jpegs)}, STRINGS, key="predict")
    with pytest.raises(StartupError, match=r"no signature 'serving_default' \(found: predict\)"):
        read_signature(tf.saved_model.load(str(model)))


def test_two_inputs(save: Save) -> None:
    model = save(lambda jpegs, scale: {"probabilities": two(jpegs)}, STRINGS, tf.TensorSpec([], tf.float32, "scale"))
    with pytest.raises(StartupError, match=r"exactly one input, it has jpegs: string \(None,\), scale: float32 \(\)"):
        read_signature(tf.saved_model.load(str(model)))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (tf.TensorSpec([], tf.string, "image"), "open batch dimension"),
        (tf.TensorSpec([1], tf.string, "image"), "open batch dimension"),
        (tf.TensorSpec(None, tf.string, "image"), "open batch dimension"),
        (tf.TensorSpec([None, 2], tf.string, "image"), "must be a string tensor"),
        (tf.TensorSpec([None, 8, 6, 4], tf.uint8, "image"), "1 or 3"),
        (tf.TensorSpec([None, None, None, 3], tf.float32, "image"), "fixed height and width"),
        (tf.TensorSpec([None, 8, 6, 3], tf.int32, "image"), "uint8 or float"),
        (tf.TensorSpec([None, 64], tf.float32, "image"), "must be a string tensor"),
    ],
)
def test_unusable_inputs(save: Save, spec: Any, message: str) -> None:
    model = save(lambda image: {"probabilities": two(tf.reshape(image, [-1, 1]))}, spec)
    with pytest.raises(StartupError, match=message):
        read_signature(tf.saved_model.load(str(model)))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda image: {"a": two(image), "b": two(image)}, r"One float output .* a: float32 \(None, 2\), b: float32"),
        (lambda image: {"classes": tf.zeros(tf.shape(image)[0], tf.int64)}, "One float output"),
        (lambda image: {"probabilities": two(image), "classes": two(image)}, "'classes' must be one integer"),
    ],
)
def test_unusable_outputs(save: Save, function: Callable[..., dict[str, Any]], message: str) -> None:
    with pytest.raises(StartupError, match=message):
        read_signature(tf.saved_model.load(str(save(function, IMAGES))))
