"""How requests of other inputs than one JPEG are gathered, answered and refused."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from scoring.errors import (
    BadJsonError,
    BrokenImageError,
    ModelFailedError,
    RefusedInputError,
    RequestError,
    WrongShapeError,
)
from scoring.scorer import Scorer
from scoring.settings import ServiceSettings
from tests.unit.scoring.conftest import encode
from tests.unit.scoring.scorer.models import instances, kinds, tensor, values


def sums(x: Any) -> Any:
    return tf.reduce_sum(tf.cast(x, tf.float32), axis=1)


def test_every_request_of_a_batch_gets_its_own_answer(build: Callable[..., Scorer]) -> None:
    scorer = build(sums, tensor("float32", None))
    bodies = [
        instances([1, 2]),
        b"{",
        instances([1, 2, 3], [4, 5, 6]),
        instances([3], [4]),
        instances("x"),
        instances([5, 6]),
        instances(*([row] for row in range(11))),
    ]
    results = scorer.score(bodies)
    assert kinds(results) == [None, BadJsonError, None, None, WrongShapeError, None, None]
    answered = [values(results[number]) for number in (0, 2, 3, 5, 6)]
    assert answered == [[3], [6, 15], [3, 4], [11], list(range(11))]


def test_no_call_has_more_rows_than_a_batch(build: Callable[..., Scorer]) -> None:
    scorer = build(lambda x: tf.cast(tf.fill(tf.shape(x)[:1], tf.shape(x)[0]), tf.float32), tensor("float32"))
    one, many, two, more = scorer.score([instances(1), instances(*range(9)), instances(1, 2), instances(1, 2)])
    assert values(one) == [1]
    assert values(many) == [4] * 8 + [1]
    assert values(two) == values(more) == [4, 4]


def test_requests_are_read_until_their_rows_fill_a_batch_and_answered_call_by_call(
    build: Callable[..., Scorer],
) -> None:
    scorer = build(lambda x: x, tensor("float32"))
    bodies = [instances(1), instances(2), b"{", instances(*range(9)), instances(3)]
    parts = [[place for place, _ in part] for part in scorer.answer(bodies)]
    assert parts == [[2], [0, 1], [3]]
    assert [[place for place, _ in part] for part in scorer.answer(bodies[3:])] == [[0]]


def test_what_the_model_refuses_fails_alone_and_says_why(build: Callable[..., Scorer]) -> None:
    scorer = build(lambda x: tf.gather([1.0, 2.0, 3.0], x), tensor("int32"))
    good, bad, other = scorer.score([instances(0, 1), instances(2, 7), instances(2)])
    assert (values(good), values(other)) == ([1, 2], [3])
    assert isinstance(bad, RefusedInputError)
    assert "= 7 is not in [0, 3)" in str(bad)


def test_a_row_without_a_finite_number_fails_its_request(build: Callable[..., Scorer]) -> None:
    scorer = build(lambda x: 1 / x, tensor("float32"))
    results = scorer.score([instances(1, 0), instances(2)])
    assert kinds(results) == [ModelFailedError, None]
    assert str(results[0]).endswith("for this input in place 1 of 2 (the first is 0).")


def test_of_many_rows_without_a_finite_number_the_first_few_are_named(build: Callable[..., Scorer]) -> None:
    scorer = build(lambda x: 1 / x, tensor("float32"))
    many, alone = scorer.score([instances(1, *[0] * 12), instances(0)])
    assert "in place 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, … of 13" in str(many)
    assert str(alone) == "The model gave no finite numbers for this input."


def test_columns_are_answered_in_columns(build: Callable[..., Scorer]) -> None:
    scorer = build(lambda a, b: a + tf.strings.to_number(b), tensor("float32", name="a"), tensor("string", name="b"))
    (answer,) = scorer.predict([b'{"inputs": {"b": ["10", "20"], "a": [1, 2]}}'])
    assert json.loads(answer.to_json()) == {"outputs": [{"value": 11.0}, {"value": 22.0}]}


@pytest.mark.parametrize("shape", [(), (1,)])
def test_texts(build: Callable[..., Scorer], shape: tuple[int, ...]) -> None:
    def lengths(x: Any) -> Any:
        return tf.cast(tf.strings.length(tf.reshape(x, [-1]), "UTF8_CHAR"), tf.float32)

    scorer = build(lengths, tensor("string", *shape), kind="text")
    assert values(scorer.predict([instances("größer", "")])[0]) == [6, 0]


def test_images_that_keep_their_size_are_gathered_by_it(build: Callable[..., Scorer]) -> None:
    def pixels(x: Any) -> Any:
        return tf.fill(tf.shape(x)[:1], tf.cast(tf.reduce_prod(tf.shape(x)[1:3]), tf.float32))

    scorer = build(pixels, tensor("uint8", None, None, 3), kind="image")
    sizes = [(8, 6), (5, 4), (8, 6), (3, 3)]
    bodies = [encode("red", kind, size) for size, kind in zip(sizes, ("JPEG", "PNG", "PNG", "JPEG"), strict=True)]
    bodies.insert(2, bodies[0][: len(bodies[0]) // 2])
    results = scorer.score(bodies)
    assert kinds(results) == [None, None, BrokenImageError, None, None]
    found = [json.loads(result.to_json())["value"] for result in results if not isinstance(result, RequestError)]
    assert found == [48, 20, 48, 9]


def test_images_of_their_own_size_have_no_more_pixels_in_a_call_than_one_may_have(
    build: Callable[..., Scorer], monkeypatch: pytest.MonkeyPatch
) -> None:
    def images(x: Any) -> Any:
        return tf.cast(tf.fill(tf.shape(x)[:1], tf.shape(x)[0]), tf.float32)

    limited = ServiceSettings(max_batch=4, max_pixels=100)
    scorer = build(images, tensor("uint8", None, None, 3), kind="image", settings=limited)
    bodies = [*[encode("red", size=(6, 8))] * 4, *[encode("red", size=(5, 5))] * 4, encode("red", size=(10, 10))]
    found = [json.loads(answer.to_json())["value"] for answer in scorer.predict(bodies)]
    assert found == [2] * 4 + [4] * 4 + [1]
    monkeypatch.setattr("scoring.scorer.prepare_gpus", lambda _: True)  # where three are filled up to four
    limited = ServiceSettings(max_batch=4, max_pixels=150)
    scorer = build(images, tensor("uint8", None, None, 3), kind="image", settings=limited)
    assert [json.loads(answer.to_json())["value"] for answer in scorer.predict(bodies[:4])] == [2] * 4
