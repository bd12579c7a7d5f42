"""What fails alone."""

import gc
import sys
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from scoring.errors import BrokenImageError, ModelFailedError
from scoring.inputs.examples import Examples
from scoring.scorer import Scorer
from scoring.settings import ServiceSettings
from scoring.tasks.answer import Answer
from scoring.tasks.classification import Classification
from steps.validation.samples.sample import Sample as Digit
from tests.hostile_images import pixel_bomb
from tests.unit.scoring.conftest import Save, brightness, classify, encode


def test_a_broken_image_costs_the_others_nothing(scorer: Scorer, digits: list[Digit]) -> None:
    images = [digit.body for digit in digits[:9]]
    images[2] = images[6] = images[2][:200]
    results = scorer.score(images)
    assert [index for index, result in enumerate(results) if isinstance(result, BrokenImageError)] == [2, 6]
    for index in (0, 1, 3, 4, 5, 7, 8):
        (alone,) = classify(scorer, [images[index]])
        result = results[index]
        assert isinstance(result, Classification)
        np.testing.assert_allclose(result.probabilities, alone.probabilities, atol=1e-5)


def test_a_model_that_fails_later_is_not_the_images_fault(save: Save) -> None:
    def fail_on_black(image: Any) -> dict[str, Any]:
        outputs = brightness(image)
        rows = tf.boolean_mask(outputs["probabilities"], outputs["probabilities"][:, 1] > 0)
        return {"probabilities": rows}

    scorer = Scorer(
        save(fail_on_black, tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image")),
        settings=ServiceSettings(max_batch=2),
    )
    with pytest.raises(ModelFailedError, match="one answer for each input"):
        classify(scorer, [encode("white"), encode("black")])


def test_an_image_without_finite_probabilities_fails_alone(save: Save) -> None:
    def nan_on_black(image: Any) -> dict[str, Any]:
        probabilities = brightness(image)["probabilities"]
        return {"probabilities": probabilities + tf.where(probabilities[:, 1:] > 0, 0.0, np.nan)}

    scorer = Scorer(save(nan_on_black, tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image")))
    good, bad = scorer.score([encode("white"), encode("black")])
    assert isinstance(good, Answer)
    assert isinstance(bad, ModelFailedError)


def test_a_request_that_can_not_be_read_for_whatever_reason_fails_alone(
    scorer: Scorer, digits: list[Digit], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = scorer.reader.read

    def fail(body: bytes) -> Examples:
        if body == b"odd":
            raise OverflowError("such a number")
        return read(body)

    monkeypatch.setattr(scorer.reader, "read", fail)
    odd, good = scorer.score([b"odd", digits[0].body])
    assert isinstance(odd, ModelFailedError)
    assert isinstance(good, Classification)


@pytest.mark.parametrize("body", [pixel_bomb(110), encode("white") + b"\xff", encode("white")[:200]])
def test_what_is_refused_holds_no_body(scorer: Scorer, body: bytes) -> None:
    gc.collect()
    gc.disable()
    try:
        copies = [bytes(bytearray(body)) for _ in range(3)]  # nobody else has them
        held = [sys.getrefcount(copy) for copy in copies]
        scorer.score(copies)
        assert [sys.getrefcount(copy) for copy in copies] == held
    finally:
        gc.enable()
