"""Who is told what, and when."""

import json
import threading
from collections.abc import Iterator, Sequence
from queue import Queue

import numpy as np

from scoring.batcher import Batch, Part
from scoring.errors import RequestError
from scoring.tasks.answer import Answer
from scoring.tasks.classification import Classification
from tests.unit.scoring.batcher.conftest import SECONDS, Model, answer, build, in_parts, result, submit


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


def test_each_gets_its_own_answer(model: Model) -> None:
    batcher = build(model)
    model.turns.release(10)
    for outcome, label in zip(submit(batcher, b"a", b"b", b"c"), "abc", strict=True):
        assert result(outcome).body == b'{"class":"%s","probability":1.0,"probabilities":[1.0]}' % label.encode()
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
