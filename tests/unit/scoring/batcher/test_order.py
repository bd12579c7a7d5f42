"""Which of those that wait come next."""

import json
from collections.abc import Sequence
from queue import Queue

import pytest

from scoring.batcher import Outcome
from scoring.errors import RequestError
from scoring.tasks.answer import Answer
from tests.unit.scoring.batcher.conftest import Model, build, in_parts, result, submit


class Slow(Model):
    """Answers the first request only, as where that fills a batch."""

    def __call__(self, images: Sequence[bytes]) -> list[Answer | RequestError]:
        return super().__call__(images)[:1]


def test_what_a_call_leaves_unanswered_waits_again_before_what_came_later() -> None:
    model = Slow()
    batcher = build(model, max_batch=2)
    submit(batcher, b"a")
    model.started()
    outcomes = submit(batcher, b"b", b"c", b"d")
    model.turns.release(10)
    calls = [model.started() for _ in range(3)]
    assert [call[0] for call in calls] == [b"b", b"c", b"d"]
    assert [json.loads(result(outcome).body)["class"] for outcome in outcomes] == ["b", "c", "d"]
    batcher.close()
    assert batcher.held_bytes == 0


def test_one_that_gave_up_is_not_scored_though_a_lane_had_it() -> None:
    model = Slow()
    batcher = build(model, max_batch=3)
    submit(batcher, b"a")
    model.started()
    submit(batcher, b"b")
    gone = batcher.submit(b"gone", lambda _: pytest.fail("scored"))
    submit(batcher, b"c", b"d")
    model.turns.release()
    assert model.started() == [b"b", b"gone", b"c"]
    batcher.cancel(gone)
    model.turns.release(10)
    assert model.started()[0] == b"c"
    batcher.close()
    assert batcher.held_bytes == 0


def test_every_other_batch_is_of_the_shortest_bodies(model: Model) -> None:
    batcher = in_parts(lambda images: [list(enumerate(model(images)))], max_batch=2, by_weight=True)
    submit(batcher, b"a")
    model.started()
    outcomes = submit(batcher, b"long 1", b"long 2", b"long 3", b"long 4", b"long 5", b"bb", b"b")
    model.turns.release(10)
    assert model.started() == [b"long 1", b"long 2"]
    assert model.started() == [b"b", b"bb"]
    assert model.started() == [b"long 3", b"long 4"]
    assert all(result(outcome).error is None for outcome in outcomes)
    batcher.close()


def test_every_other_batch_is_of_the_light_ones_alone(model: Model) -> None:
    """The oldest of them first; what weighs doesn't come along, since all of a call are answered together."""
    batcher = in_parts(lambda images: [list(enumerate(model(images)))], max_batch=3, by_weight=True)
    outcomes: list[Queue[Outcome]] = []
    for image, weight in [(b"first", 0), *[(b"heavy %d" % n, 9) for n in range(6)], (b"light", 0), (b"b", 0)]:
        outcomes.append(Queue())
        batcher.submit(image, outcomes[-1].put, weight=weight)
        if image == b"first":
            model.started()
    model.turns.release(10)
    assert model.started() == [b"heavy 0", b"heavy 1", b"heavy 2"]
    assert model.started() == [b"light", b"b"]
    assert model.started() == [b"heavy 3", b"heavy 4", b"heavy 5"]
    assert all(result(outcome).error is None for outcome in outcomes)
    batcher.close()
