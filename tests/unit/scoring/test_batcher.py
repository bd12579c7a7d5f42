import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from queue import Queue
from typing import Any

import numpy as np
import pytest

from scoring.batcher import Batch, Batcher, Outcome, Part, Score
from scoring.errors import BrokenImageError, ModelFailedError, OverloadedError, RequestError
from scoring.tasks.answer import Answer
from scoring.tasks.classification import Classification

Build = Callable[..., Batcher]
SECONDS = 20.0  # after which a test that hangs fails


def answer(image: bytes) -> Answer | RequestError:
    return BrokenImageError("torn") if image == b"torn" else Classification(image.decode(), np.array([1.0], np.float32))


class Model:
    """Scores what it is given, a call at a time, each when the test says so."""

    def __init__(self) -> None:
        self.calls: Queue[list[bytes]] = Queue()
        self.turns = threading.Semaphore(0)

    def __call__(self, images: Sequence[bytes]) -> list[Answer | RequestError]:
        self.calls.put([*images])
        assert self.turns.acquire(timeout=SECONDS)
        return [answer(image) for image in images]

    def started(self) -> list[bytes]:
        return self.calls.get(timeout=SECONDS)


@pytest.fixture
def model() -> Model:
    return Model()


def build(model: Callable[[Sequence[bytes]], Sequence[Answer | RequestError]], **changes: Any) -> Batcher:
    """Of a model that answers all requests or fewer, the first of them, at once."""
    return in_parts(lambda images: [list(enumerate(model(images)))], **changes)


def in_parts(score: Score, **changes: Any) -> Batcher:
    limits: dict[str, Any] = {"max_batch": 4, "lanes": 1, "max_queue": 8, "max_bytes": 1000}
    return Batcher(score, **limits | {"observe": lambda _: None} | changes)


def submit(batcher: Batcher, *images: bytes) -> list["Queue[Outcome]"]:
    outcomes: list[Queue[Outcome]] = [Queue() for _ in images]
    for image, outcome in zip(images, outcomes, strict=True):
        batcher.submit(image, outcome.put)
    return outcomes


def result(outcome: "Queue[Outcome]") -> Outcome:
    return outcome.get(timeout=SECONDS)


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


def test_nobody_is_told_before_the_whole_batch_is_encoded(model: Model) -> None:
    encoded: list[bytes] = []

    class Slow(Classification):
        def to_json(self) -> bytes:
            encoded.append(super().to_json())
            return encoded[-1]

    def score(images: Sequence[bytes]) -> list[Answer | RequestError]:
        model(images)
        return [Slow(image.decode(), np.array([1.0], np.float32)) for image in images]

    batcher = build(score)
    submit(batcher, b"first")
    assert model.started() == [b"first"]
    told: Queue[int] = Queue()
    for image in (b"a", b"b", b"c"):
        batcher.submit(image, lambda _: told.put(len(encoded)))
    model.turns.release(3)
    assert [told.get(timeout=SECONDS) for _ in range(3)] == [3, 3, 4]
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


def test_each_gets_its_own_answer(model: Model) -> None:
    batcher = build(model)
    model.turns.release(10)
    for outcome, label in zip(submit(batcher, b"a", b"b", b"c"), "abc", strict=True):
        assert result(outcome).body == b'{"class":"%s","probability":1.0,"probabilities":[1.0]}' % label.encode()
    batcher.close()


def test_an_error_is_its_own_images_alone(model: Model) -> None:
    batcher = build(model)
    model.turns.release(10)
    good, torn = submit(batcher, b"a", b"torn")
    assert isinstance(result(torn).error, BrokenImageError)
    assert result(good).error is None
    batcher.close()


def test_a_full_queue_refuses(model: Model) -> None:
    batcher = build(model, max_queue=2)
    submit(batcher, b"a")
    model.started()
    submit(batcher, b"b", b"c")
    with pytest.raises(OverloadedError, match="2 requests are waiting"):
        submit(batcher, b"d")
    model.turns.release(2)
    batcher.close()


def test_bytes_are_bounded_and_given_back(model: Model) -> None:
    batcher = build(model, max_bytes=10)
    (first,) = submit(batcher, b"123456")
    model.started()
    with pytest.raises(OverloadedError, match="10 bytes of requests are held"):
        submit(batcher, b"12345")
    (second,) = submit(batcher, b"1234")
    assert batcher.held_bytes == 10
    model.turns.release(2)
    result(first), result(second)
    batcher.close()
    assert batcher.held_bytes == 0


def test_a_cancelled_request_leaves_no_trace(model: Model) -> None:
    batcher = build(model)
    submit(batcher, b"a")
    model.started()
    ticket = batcher.submit(b"gone", lambda _: pytest.fail("scored"))
    batcher.cancel(ticket)
    assert (batcher.waiting, batcher.held_bytes) == (0, 1)
    batcher.cancel(ticket)
    model.turns.release()
    batcher.close()
    assert model.calls.empty()


def test_two_lanes_score_at_once(model: Model) -> None:
    batcher = build(model, lanes=2)
    submit(batcher, b"a")
    model.started()
    submit(batcher, b"b")
    assert model.started() == [b"b"]
    model.turns.release(2)
    batcher.close()


def test_closing_answers_what_waits_and_takes_nothing_more(model: Model) -> None:
    batcher = build(model)
    outcomes = submit(batcher, b"a", b"b", b"c")
    model.turns.release(10)
    batcher.close()
    assert [result(outcome).error for outcome in outcomes] == [None, None, None]
    with pytest.raises(OverloadedError, match="stopping"):
        submit(batcher, b"d")


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


def test_an_observer_is_told_of_every_batch() -> None:
    batches: Queue[Batch] = Queue()
    batcher = in_parts(
        lambda images: [[(place, answer(image))] for place, image in enumerate(images)], observe=batches.put
    )
    submit(batcher, b"a", b"b", b"c")
    batcher.close()
    told = [batches.get_nowait() for _ in range(batches.qsize())]
    assert sum(batch.size for batch in told) == 3
    assert all(len(batch.queue_seconds) == batch.size and min(batch.queue_seconds) >= 0 for batch in told)


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


def test_an_answer_is_given_before_the_others_of_its_batch_are_there() -> None:
    turns, started = threading.Semaphore(0), threading.Semaphore(0)

    def score(images: Sequence[bytes]) -> Iterator[Part]:
        for place in reversed(range(len(images))):
            started.release()
            assert turns.acquire(timeout=SECONDS)
            yield [(place, answer(images[place]))]

    batcher = in_parts(score)
    submit(batcher, b"a")
    assert started.acquire(timeout=SECONDS)
    first, second, *_ = submit(batcher, b"b", b"c", b"d")
    turns.release(2)
    assert json.loads(result(second).body)["class"] == "c"
    assert first.empty()
    turns.release(10)
    assert json.loads(result(first).body)["class"] == "b"
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
