"""What a model is tried on that has no sample to be tried on."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from scoring.scorer import Scorer
from tests.unit.scoring.scorer.models import instances, tensor, values


def test_a_model_that_scales_by_the_brightest_pixel_starts(build: Callable[..., Scorer]) -> None:
    def scaled(x: Any) -> Any:
        low, high = tf.reduce_min(x, axis=[1, 2, 3]), tf.reduce_max(x, axis=[1, 2, 3])
        return (tf.reduce_mean(x, axis=[1, 2, 3]) - low) / (high - low)

    assert build(scaled, tensor("float32", 8, 8, 3), kind="image", size=(8, 8)).device == "CPU:0"


def test_a_model_of_one_size_that_decodes_itself_starts(build: Callable[..., Scorer]) -> None:
    def decode(x: Any) -> Any:
        one = lambda jpeg: tf.ensure_shape(tf.io.decode_jpeg(jpeg, channels=3), [64, 64, 3])  # noqa: E731
        images = tf.map_fn(one, x, fn_output_signature=tf.TensorSpec([64, 64, 3], tf.uint8))
        return tf.reduce_mean(tf.cast(images, tf.float32), axis=[1, 2, 3])

    assert build(decode, tensor("string"), kind="jpeg").device == "CPU:0"


def test_a_long_enough_made_up_row_is_found(build: Callable[..., Scorer], caplog: pytest.LogCaptureFixture) -> None:
    def windows(x: Any) -> Any:
        return tf.reduce_sum(tf.nn.conv1d(x[..., tf.newaxis], tf.ones([9, 1, 1]), 1, "VALID"), axis=[1, 2])

    with caplog.at_level(logging.WARNING, "azmlinfsrv.trial"):
        scorer = build(windows, tensor("float32", None))
    assert scorer.device == "CPU:0"
    assert not caplog.records


def test_a_model_that_refuses_what_is_made_up_starts_untried(
    build: Callable[..., Scorer], caplog: pytest.LogCaptureFixture
) -> None:
    def days(x: Any) -> Any:
        return tf.strings.to_number(tf.strings.substr(x, 8, 2))

    with caplog.at_level(logging.WARNING, "azmlinfsrv.trial"):
        scorer = build(days, tensor("string"))
    assert scorer.device == "unknown"
    (record,) = caplog.records
    assert "The model failed on made-up values for 'x' [1]: " in record.getMessage()
    assert values(scorer.predict([instances("2026-11-26")])[0]) == [26]


def test_made_up_values_without_a_finite_answer_are_told(
    build: Callable[..., Scorer], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "azmlinfsrv.trial"):
        scorer = build(lambda x: tf.math.log(x - 5), tensor("float32"))
    assert "gave no finite numbers for made-up values" in caplog.text
    assert scorer.device == "CPU:0"
    assert values(scorer.predict([instances(6)])[0]) == [0]
