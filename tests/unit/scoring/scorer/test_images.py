"""Images and what the model wants of them."""

from typing import Any

import pytest
import tensorflow as tf

from scoring.errors import BrokenImageError, UnsupportedColorsError
from scoring.scorer import Scorer
from scoring.tasks.classification import Classification
from steps.validation.samples.sample import Sample as Digit
from tests.unit.scoring.conftest import Save, brightness, classify, encode


@pytest.mark.parametrize("length", [0.5, 0.9])
def test_truncated_image(scorer: Scorer, digits: list[Digit], length: float) -> None:
    image = digits[0].body
    with pytest.raises(BrokenImageError, match="damaged"):
        classify(scorer, [image[: int(length * len(image))]])


@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
@pytest.mark.parametrize("dtype", [tf.uint8, tf.float32, tf.float16])
def test_image_input_is_decoded_and_resized(save: Save, dtype: Any, image_format: str) -> None:
    scorer = Scorer(save(brightness, tf.TensorSpec([None, 8, 6, 3], dtype, name="image")))
    black, white = encode("black", image_format), encode("white", image_format, size=(11, 90))
    dark, bright = classify(scorer, [black, white])
    assert (dark.label, bright.label) == (0, 1)
    assert dark.probabilities.max() == pytest.approx(1)
    assert bright.probabilities.max() == pytest.approx(1)


def test_grey_input_takes_colour_images(save: Save) -> None:
    scorer = Scorer(save(brightness, tf.TensorSpec([None, 8, 6, 1], tf.float32, name="image")))
    assert [answer.label for answer in classify(scorer, [encode("black"), encode("white")])] == [0, 1]


def test_inks_that_a_grey_model_can_not_take_are_told(save: Save) -> None:
    printed = encode("white", mode="CMYK")
    grey, colour = (
        Scorer(save(brightness, tf.TensorSpec([None, 8, 6, channels], tf.uint8, name="image"))) for channels in (1, 3)
    )
    good, bad = grey.score([encode("white"), printed])
    assert isinstance(good, Classification)
    assert isinstance(bad, UnsupportedColorsError)
    assert classify(colour, [printed])[0].probabilities.size == 2
