"""Answers are the requests' own."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from scoring.model.network import Network, open_network
from scoring.scorer import Scorer
from scoring.settings import ServiceSettings
from steps.validation.samples.sample import Sample as Digit
from tests.unit.scoring.conftest import Save, brightness, classify, encode
from tests.unit.scoring.scorer.conftest import HAS_GPU, decode_all


def test_answers_keep_the_order_of_a_batch(scorer: Scorer, digits: list[Digit]) -> None:
    answers = classify(scorer, [digit.body for digit in digits])
    right = sum(answer.label == digit.truth for answer, digit in zip(answers, digits, strict=True))
    assert right >= 0.9 * len(digits)


def test_one_by_one_equals_a_batch(scorer: Scorer, digits: list[Digit]) -> None:
    images = [digit.body for digit in digits]
    for image, together in zip(images, classify(scorer, images), strict=True):
        (alone,) = classify(scorer, [image])
        assert alone.label == together.label
        np.testing.assert_allclose(alone.probabilities, together.probabilities, atol=1e-5)


def test_threads_get_their_own_answers(scorer: Scorer, digits: list[Digit]) -> None:
    images = [[digit.body] for digit in digits]
    expected = [classify(scorer, image)[0].label for image in images]
    with ThreadPoolExecutor(8) as pool:
        assert [answers[0].label for answers in pool.map(partial(classify, scorer), images)] == expected


@pytest.mark.skipif(HAS_GPU, reason="needs a machine without a GPU")
@pytest.mark.parametrize(("callers", "own_thread"), [(1, False), (3, False), (4, True), (5, True)])
def test_callers_that_keep_all_cores_busy_compute_in_their_own_threads(
    sample_model_dir: Path,
    digits: list[Digit],
    monkeypatch: pytest.MonkeyPatch,
    callers: int,
    own_thread: bool,
) -> None:
    asked = []

    def open_and_tell(*args: Any, **options: Any) -> Network:
        asked.append(options["own_thread"])
        return open_network(*args, **options)

    monkeypatch.setattr("os.cpu_count", lambda: 4)
    monkeypatch.setattr("scoring.scorer.open_network", open_and_tell)
    scorer = Scorer(sample_model_dir / "model", settings=ServiceSettings(lanes=callers))
    assert asked == [own_thread]
    images = [digit.body for digit in digits[:5]]
    for one, other in zip(classify(scorer, images), classify(scorer, images[::-1])[::-1], strict=True):
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-6)


def test_string_labels_of_the_model_are_used(save: Save) -> None:
    def named(jpegs: Any) -> dict[str, Any]:
        outputs = brightness(decode_all(jpegs))
        names = tf.constant(["dark", "größe"])
        return {**outputs, "classes": tf.gather(names, tf.argmax(outputs["probabilities"], axis=1))}

    scorer = Scorer(save(named, tf.TensorSpec([None], tf.string, name="jpegs")))
    (answer,) = classify(scorer, [encode("white")])
    assert answer.label == "größe"
    assert json.loads(answer.to_json())["class"] == "größe"


def test_device_says_where_the_model_ran(scorer: Scorer) -> None:
    assert scorer.device == ("GPU:0" if HAS_GPU else "CPU:0")
