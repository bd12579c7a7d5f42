"""A request that the model fails on costs its neighbours nothing, and a flood of them the device little."""

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import tensorflow as tf

from scoring.contract import Contract, Input, Task, Tensor
from scoring.errors import ModelFailedError, RefusedInputError, RequestError, UnansweredError
from scoring.inputs.examples import Examples
from scoring.isolation import REPEATS, Result, Room, answer_each
from scoring.scorer import Scorer
from scoring.settings import ServiceSettings
from scoring.tasks.regression import Values
from tests.unit.scoring.conftest import Save

BAD = 7.0
NUMBERS = [float(number) for number in range(16)]
CONTRACT = Contract(
    signature="serving_default",
    input=Input(kind="tensors", tensors=(Tensor(name="rows", dtype="float32", shape=(None,)),)),
    task=Task(kind="regression", outputs=(Tensor(name="value", dtype="float32", shape=(None,)),)),
)


def reads_a_file(row: Any) -> Any:
    """NotFoundError."""
    return tf.cast(tf.strings.length(tf.io.read_file("/nowhere/at all")), tf.float32) + row


def takes_terabytes(row: Any) -> Any:
    """ResourceExhaustedError, after TensorFlow has waited ten seconds for memory to come free."""
    return tf.reduce_sum(tf.random.uniform([tf.cast(row * 1e12, tf.int64)]))


def asserts(row: Any) -> Any:
    """InvalidArgumentError."""
    with tf.control_dependencies([tf.debugging.assert_less(row, BAD, "too much")]):
        return tf.identity(row)


def open_scorer(save: Save, fail: Callable[[Any], Any], **settings: Any) -> Scorer:
    """A model that doubles its rows, but fails on BAD."""

    def one(row: Any) -> Any:
        return tf.cond(row >= BAD, lambda: fail(row), lambda: 2 * row)

    def serve(rows: Any) -> dict[str, Any]:
        return {"value": tf.map_fn(one, rows)}

    return Scorer(save(serve, tf.TensorSpec([None], name="rows")), CONTRACT, ServiceSettings(**settings))


def ask(scorer: Scorer, numbers: Sequence[float]) -> list[Any]:
    """For each number, sent alone, what was answered or the code of the error."""
    results = scorer.score([json.dumps({"instances": [number]}).encode() for number in numbers])
    return [
        result.code if isinstance(result, RequestError) else json.loads(result.to_json())["predictions"][0]["value"]
        for result in results
    ]


@pytest.mark.parametrize(("fail", "code"), [(reads_a_file, "ModelFailed"), (asserts, "RefusedInput")])
def test_whatever_a_model_fails_with_the_others_are_answered(
    save: Save, fail: Callable[[Any], Any], code: str, caplog: pytest.LogCaptureFixture
) -> None:
    scorer = open_scorer(save, fail)
    numbers = [1.0, 2.0, 3.0, BAD, 4.0]
    with caplog.at_level(logging.ERROR, "azmlinfsrv"):
        assert ask(scorer, numbers) == [2.0, 4.0, 6.0, code, 8.0]
        assert ask(scorer, [BAD]) == [code]
    assert ask(scorer, [5.0, 6.0]) == [10.0, 12.0]
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == (0 if fail is asserts else 2)
    if fail is reads_a_file:
        assert said[0] == "The model failed on 5 requests of 5 rows: /nowhere/at all; No such file or directory"


def test_memory_that_ran_out_makes_the_next_calls_smaller(
    save: Save, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scorer = open_scorer(save, takes_terabytes, max_batch=8)
    sizes: list[int] = []
    call = scorer._call

    def counted(columns: Any, rows: int) -> Any:
        sizes.append(rows)
        return call(columns, rows)

    monkeypatch.setattr(scorer, "_call", counted)
    with caplog.at_level(logging.ERROR, "azmlinfsrv"):
        assert ask(scorer, [1.0, BAD]) == [2.0, "ModelFailed"]
    assert "2 rows: OOM when allocating tensor with shape[" in caplog.text
    assert sizes == [2, 1, 1]
    sizes.clear()
    assert ask(scorer, [2.0, 3.0]) == [4.0, 6.0]
    assert sizes == [1, 1]  # after a call of 2 that was too much


def test_it_is_forgotten_after_a_while() -> None:
    room = Room(16)
    room.lower(10)
    assert room.rows == 5
    room.lower(16)
    assert room.rows == 2
    over = Room(16, seconds=0)
    over.lower(10)
    assert over.rows == 16


class Device:
    """Answers the numbers of rows, but for those that it fails on; counts what it is given."""

    def __init__(self, error: Exception, *bad: int) -> None:
        self.error, self.bad = error, bad
        self.rows, self.calls = 0, 0

    def __call__(self, pack: Sequence[Examples]) -> list[Result]:
        numbers = [row[0] for one in pack for row in one.columns]
        self.rows, self.calls = self.rows + len(numbers), self.calls + 1
        if set(numbers) & set(self.bad):
            raise self.error
        return [Values(tf.constant([float(number)]).numpy()) for number in numbers]


def isolate(device: Device, count: int, *, free: bool = False) -> list[str]:
    pack = [Examples(([number],), 1, ()) for number in range(count)]  # type: ignore[list-item]
    found = answer_each(pack, device, lambda _, error: RefusedInputError(str(error)), free=free, room=Room(count))
    return [result.code if isinstance(result, RequestError) else str(int(result.numbers[0])) for result in found]


FAILURES = [ValueError("in Python"), ModelFailedError("rows are missing"), tf.errors.InternalError(None, None, "no")]


@pytest.mark.parametrize("error", FAILURES)
@pytest.mark.parametrize("bad", [(), (0,), (15,), (3, 4), tuple(range(16))])
def test_in_a_batch_of_sixteen_all_are_found(error: Exception, bad: tuple[int, ...]) -> None:
    device = Device(error, *bad)
    expected = ["ModelFailed" if number in bad else str(number) for number in range(16)]
    assert isolate(device, 16) == expected
    assert device.rows <= (1 + REPEATS) * 16


@pytest.mark.parametrize("count", [64, 1000, 1024])
def test_two_in_any_batch_are_found(count: int) -> None:
    device = Device(FAILURES[0], 5, count - 5)
    found = isolate(device, count)
    assert [place for place, result in enumerate(found) if result == "ModelFailed"] == [5, count - 5]
    assert found.count("Unanswered") == 0


def test_a_flood_costs_the_device_no_more_than_the_bound() -> None:
    count = 1024
    device = Device(FAILURES[0], *range(0, count, 8))
    found = isolate(device, count)
    assert device.rows <= (1 + REPEATS) * count
    assert device.calls < 2 ** (REPEATS + 1)
    assert set(found) == {"Unanswered"}


def test_what_is_left_of_a_flood_in_one_half_leaves_the_other_alone() -> None:
    count = 256
    device = Device(FAILURES[0], *range(0, count // 2, 3))
    found = isolate(device, count)
    assert found[count // 2 :] == [str(number) for number in range(count // 2, count)]
    assert device.rows <= (1 + REPEATS) * count


def test_images_that_are_refused_before_the_device_has_begun_are_all_found() -> None:
    device = Device(tf.errors.InvalidArgumentError(None, None, "no image"), *range(64))
    assert isolate(device, 64, free=True) == ["RefusedInput"] * 64
    assert "Unanswered" in isolate(device, 64)


def test_one_that_can_not_be_tried_apart_is_told_to_come_again() -> None:
    error = UnansweredError
    assert (error.status, error.code) == (503, "Unanswered")
