"""Small real SavedModels and images."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from PIL import Image

from scoring.scorer import Scorer
from scoring.tasks.classification import Classification

Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """`save(function, spec, ...)` writes a SavedModel whose serving_default is `function` of these tensors.

    Variables that the function uses are given as `attributes` of the module.
    """

    def write(
        function: Callable[..., dict[str, Any]], *specs: Any, key: str = "serving_default", **attributes: Any
    ) -> Path:
        module = tf.Module()
        for name, value in attributes.items():
            setattr(module, name, value)
        module.serve = tf.function(function, input_signature=specs)
        tf.saved_model.save(module, str(tmp_path / "model"), signatures={key: module.serve})
        return tmp_path / "model"

    return write


def brightness(images: Any) -> dict[str, Any]:
    """[batch, height, width, channels] of 0-255 to two probabilities: dark (0) and bright (1)."""
    bright = tf.reduce_mean(tf.cast(images, tf.float32), axis=[1, 2, 3]) / 255
    return {"probabilities": tf.stack([1 - bright, bright], axis=1)}


def encode(color: str, image_format: str = "JPEG", size: tuple[int, int] = (40, 30), mode: str = "RGB") -> bytes:
    """An image file of one colour."""
    file = io.BytesIO()
    Image.new(mode, size, color).save(file, image_format)
    return file.getvalue()


def classify(scorer: Scorer, images: Sequence[bytes]) -> list[Classification]:
    """The answers of a classifier."""
    answers = [answer for answer in scorer.predict(images) if isinstance(answer, Classification)]
    assert len(answers) == len(images)
    return answers
