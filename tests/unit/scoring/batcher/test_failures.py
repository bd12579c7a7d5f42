"""What a failure costs the others: nothing."""

import json
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from scoring.batcher import Batch, Part
from scoring.errors import BrokenImageError, ModelFailedError, RequestError
from scoring.tasks.answer import Answer
from scoring.tasks.classification import Classification
from tests.unit.scoring.batcher.conftest import Model, answer, build, in_parts, result, submit


def test_an_error_is_its_own_images_alone(model: Model) -> None:
    batcher = build(model)
    model.turns.release(10)
    good, torn = submit(batcher, b"a", b"torn")
    assert isinstance(result(torn).error, BrokenImageError)
    assert result(good).error is None
    batcher.close()


@pytest.mark.parametrize("error", [ModelFailedError("out of memory"), ValueError("a bug")])
def test_a_lane_survives_whatever_the_model_raises(error: Exception) -> None:
    failing = True

    def score(images: Sequence[bytes]) -> list[Answer | RequestError]:
        if failing:
            raise error
        return [answer(image) for image in images]

    batcher = build(score)
    (outcome,) = submit(batcher, b"a")
    assert isinstance(result(outcome).error, ModelFailedError)
    failing = False
    (outcome,) = submit(batcher, b"b")
    assert result(outcome).error is None
    batcher.close()


def test_an_answer_without_a_json_form_fails_alone() -> None:
    batcher = build(
        lambda images: [Classification(2**70, np.array([1.0], np.float32)), *map(answer, images[1:])], max_batch=1
    )
    (bad,) = submit(batcher, b"a")
    assert isinstance(result(bad).error, ModelFailedError)
    (again,) = submit(batcher, b"b")
    assert isinstance(result(again).error, ModelFailedError)
    batcher.close()
    assert batcher.held_bytes == 0


@pytest.mark.parametrize("error", [IndexError("no such name"), AttributeError("none"), RecursionError("deep")])
def test_an_answer_that_can_not_be_written_for_whatever_reason_leaves_the_lane_going(error: Exception) -> None:
    class Unwritten(Classification):
        def to_json(self) -> bytes:
            if self.label == "bad":
                raise error
            return super().to_json()

    batcher = build(lambda images: [Unwritten(image.decode(), np.array([1.0], np.float32)) for image in images])
    bad, good = submit(batcher, b"bad", b"good")
    assert isinstance(result(bad).error, ModelFailedError)
    assert json.loads(result(good).body)["class"] == "good"
    batcher.close()


def test_an_observer_that_fails_leaves_the_lane_going() -> None:
    def observe(batch: Batch) -> None:
        raise OSError(28, "No space left on device")

    batcher = build(lambda images: [answer(image) for image in images], observe=observe)
    for name in (b"a", b"b"):
        (outcome,) = submit(batcher, name)
        assert json.loads(result(outcome).body)["class"] == name.decode()
    batcher.close()


def test_too_few_results_fail_the_batch() -> None:
    batcher = build(lambda images: [])
    assert all(isinstance(result(outcome).error, ModelFailedError) for outcome in submit(batcher, b"a", b"b"))
    batcher.close()


def test_what_fails_later_fails_for_those_alone_that_have_no_answer() -> None:
    def score(images: Sequence[bytes]) -> Iterator[Part]:
        yield [(0, answer(images[0]))]
        if len(images) > 1:
            raise ValueError("a bug")

    model = Model()  # keeps the lane busy until both wait
    batcher = in_parts(lambda images: score(images) if images[0] == b"a" else [list(enumerate(model(images)))])
    submit(batcher, b"x")
    model.started()
    first, second, _ = submit(batcher, b"a", b"b", b"c")
    model.turns.release(10)
    assert result(first).error is None
    assert isinstance(result(second).error, ModelFailedError)
    batcher.close()
