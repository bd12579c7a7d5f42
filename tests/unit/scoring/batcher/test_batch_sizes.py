"""How many are scored together."""

import time
from collections.abc import Callable, Sequence
from queue import Queue

import pytest

from scoring.batcher import Batcher, Outcome
from scoring.errors import RequestError
from scoring.tasks.answer import Answer
from tests.unit.scoring.batcher.conftest import Model, build, result, submit


def test_a_lone_request_is_scored_at_once_and_those_that_come_meanwhile_together(model: Model) -> None:
    batcher = build(model)
    (first,) = submit(batcher, b"a")
    assert model.started() == [b"a"]
    rest = submit(batcher, b"b", b"c", b"d", b"e", b"f")
    model.turns.release(3)
    assert model.started() == [b"b", b"c", b"d"]  # half of all six: the other half is what waits, or soon will
    assert model.started() == [b"e", b"f"]
    assert [result(outcome).batch_size for outcome in (first, *rest)] == [1, 3, 3, 3, 2, 2]
    batcher.close()


def test_the_lane_that_is_woken_wakes_the_next_for_what_it_leaves(model: Model) -> None:
    batcher = build(model, lanes=2)
    outcomes: Queue[Outcome] = Queue()
    for image in (b"a", b"b", b"c"):
        batcher.submit(image, outcomes.put, wake=False)
    batcher.wake()
    assert model.started() == [b"a"]
    assert model.started() == [b"b"]
    model.turns.release(3)
    assert [result(outcomes).batch_size for _ in range(3)] == [1, 1, 1]
    batcher.close()


def test_no_batch_is_larger_than_the_largest(model: Model) -> None:
    batcher = build(model, max_batch=2)
    submit(batcher, b"a")
    assert model.started() == [b"a"]
    submit(batcher, *[b"b"] * 8)
    model.turns.release(10)
    assert [len(model.started()) for _ in range(4)] == [2, 2, 2, 2]
    batcher.close()


def test_two_lanes_share_what_waits(model: Model) -> None:
    batcher = build(model, lanes=2, max_queue=20)
    submit(batcher, b"a")
    assert model.started() == [b"a"]
    submit(batcher, b"b")
    assert model.started() == [b"b"]
    submit(batcher, *[b"c"] * 10)
    model.turns.release()
    assert len(model.started()) == 4  # a third of all twelve, rounded up
    model.turns.release()
    assert len(model.started()) == 4  # of eleven
    model.turns.release(10)
    batcher.close()


@pytest.mark.parametrize(("lanes", "clients"), [(1, 4), (1, 7), (2, 6), (2, 9), (2, 12), (3, 12)])
def test_clients_that_ask_again_at_once_are_never_scored_alone(lanes: int, clients: int) -> None:
    """Each asks anew once it is answered, but too late for the next batch; which lane comes first changes nothing."""
    model = Model()
    batcher = build(model, lanes=lanes, max_batch=16, max_queue=clients)
    answered: Queue[Outcome] = Queue()
    for _ in range(lanes):  # one keeps each lane busy until all are there
        batcher.submit(b"a", answered.put)
        assert model.started() == [b"a"]
    for _ in range(clients - lanes):
        batcher.submit(b"a", answered.put)
    for _ in range(6 * lanes):
        model.turns.release()
        assert len(model.started()) > 1
        for _ in range(answered.qsize()):
            answered.get()
            batcher.submit(b"a", answered.put)
    model.turns.release(100)
    batcher.close()


class FailingModel(Model):
    """Fails on every batch that holds the image "bug"."""

    def __call__(self, images: Sequence[bytes]) -> list[Answer | RequestError]:
        results = super().__call__(images)
        if b"bug" in images:
            raise ValueError("a bug")
        return results


def score_many(batcher: Batcher, model: Model) -> None:
    model.turns.release(9)
    outcomes = submit(batcher, *[b"a"] * 9)
    assert [result(outcome).error for outcome in outcomes] == [None] * 9


def fail_many(batcher: Batcher, model: Model) -> None:
    model.turns.release(9)
    outcomes = submit(batcher, *[b"bug", b"torn", b"bug"] * 3)
    assert all(result(outcome).error for outcome in outcomes)


def cancel_many(batcher: Batcher, model: Model) -> None:
    outcomes: Queue[Outcome] = Queue()
    tickets = [batcher.submit(b"a", outcomes.put) for _ in range(9)]
    for ticket in tickets[1:]:  # some wait, and a lane may have taken others
        batcher.cancel(ticket)
    model.turns.release(9)
    result(outcomes)


def settle(batcher: Batcher, model: Model) -> None:
    """Wait until nothing is held, and take back the turns that weren't needed."""
    while batcher.held_bytes:
        time.sleep(0.001)
    while model.turns.acquire(blocking=False):
        pass
    while not model.calls.empty():
        model.calls.get()


@pytest.mark.parametrize(("lanes", "waiting", "share"), [(1, 5, 3), (1, 6, 4), (2, 7, 3), (2, 8, 4)])
@pytest.mark.parametrize("before", [score_many, fail_many, cancel_many])
def test_nothing_done_counts_once_all_is_quiet(
    before: Callable[[Batcher, Model], None], lanes: int, waiting: int, share: int
) -> None:
    model = FailingModel()
    batcher = build(model, lanes=lanes, max_batch=16, max_queue=20)
    before(batcher, model)
    settle(batcher, model)
    for _ in range(lanes):
        submit(batcher, b"x")
        assert model.started() == [b"x"]
    submit(batcher, *[b"a"] * waiting)
    model.turns.release()
    assert len(model.started()) == share
    model.turns.release(20)
    batcher.close()


def test_two_lanes_score_at_once(model: Model) -> None:
    batcher = build(model, lanes=2)
    submit(batcher, b"a")
    model.started()
    submit(batcher, b"b")
    assert model.started() == [b"b"]
    model.turns.release(2)
    batcher.close()
