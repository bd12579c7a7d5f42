"""A model that scores when the test says so, and batchers of it."""

import threading
from collections.abc import Callable, Sequence
from queue import Queue
from typing import Any

import numpy as np
import pytest

from scoring.batcher import Batcher, Outcome, Score
from scoring.errors import BrokenImageError, RequestError
from scoring.tasks.answer import Answer
from scoring.tasks.classification import Classification

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
