"""A figure taken again and again while something else goes on."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def sampled(take: Callable[[], T], seconds: float) -> Iterator[list[T]]:
    """A list that gets what `take` returns every `seconds` for as long as the block lasts."""
    samples: list[T] = []
    over = threading.Event()

    def sample() -> None:
        while not over.wait(seconds):
            samples.append(take())

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        over.set()
        thread.join()
