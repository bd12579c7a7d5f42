"""Finds the requests that a model fails on among those of one call, by halving, and answers the others.

A failed call is repeated in halves, all of equal size before any smaller one. That costs the device the same rows once
more for each size, which is bounded: a flood of such requests can't keep it from the others.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence

import tensorflow as tf

from scoring.errors import ModelFailedError, RequestError, UnansweredError
from scoring.inputs.examples import Examples
from scoring.tasks.answer import Answer
from scoring.trial import reason

REPEATS = 4
"""How often each row may be computed again, on average: enough to find all in a batch of 16, or any two in a larger."""
RELIEF_SECONDS = 60.0

# The inference server gives handlers to its own logger's children only, so `__name__` would write nowhere.
logger = logging.getLogger("azmlinfsrv.isolation")

Result = Answer | RequestError
Call = Callable[[Sequence[Examples]], list[Result]]
"""One result a request. Raises whatever the model, or reading its outputs, raises."""
Refusal = Callable[[Examples, tf.errors.InvalidArgumentError], RequestError]
"""What is told of a request that the model refuses."""


class Room:
    """Rows that fit into one call: fewer for a while, once the device's memory ran out."""

    def __init__(self, most: int, seconds: float = RELIEF_SECONDS) -> None:
        self._most = most
        self._lowered = most
        self._until = 0.0
        self._seconds = seconds

    @property
    def rows(self) -> int:
        return self._lowered if time.monotonic() < self._until else self._most

    def lower(self, rows: int) -> None:
        """So many were too many."""
        self._lowered = max(1, min(self.rows, rows) // 2)
        self._until = time.monotonic() + self._seconds


def answer_each(pack: Sequence[Examples], call: Call, refuse: Refusal, *, free: bool, room: Room) -> list[Result]:
    """One result a request, in their order; an error for those that `call` fails on alone.

    `free`: what the model refuses it refuses before the device has begun, so that repeating it isn't counted. Where
    too much was repeated, the requests that are left get an UnansweredError.
    """
    results: dict[int, Result] = {}
    left = REPEATS * _rows(pack)
    waiting = deque([range(len(pack))])
    while waiting:
        places = waiting.popleft()
        group = pack[places.start : places.stop]
        try:
            found = call(group)
        except Exception as error:  # noqa: BLE001 -- whatever a model makes TensorFlow, or who reads its outputs, raise
            _note(error, group, room, first=len(group) == len(pack))
            left -= 0 if free and isinstance(error, tf.errors.InvalidArgumentError) else _rows(group)
            if len(group) > 1 and left >= 0:
                waiting += _halves(places)
                continue
            found = [_unanswered()] * len(group) if len(group) > 1 else [_told(group[0], error, refuse)]
        results.update(zip(places, found, strict=True))
    return [results[place] for place in range(len(pack))]


def _halves(places: range) -> tuple[range, range]:
    middle = (places.start + places.stop) // 2
    return range(places.start, middle), range(middle, places.stop)


def _rows(pack: Sequence[Examples]) -> int:
    return sum([one.rows for one in pack])


def _note(error: Exception, group: Sequence[Examples], room: Room, *, first: bool) -> None:
    """For the log: the reason once, with the places in Python where it is none of TensorFlow's; and less at once."""
    rows = _rows(group)
    if isinstance(error, tf.errors.ResourceExhaustedError) and rows > 1:
        room.lower(rows)
    if not first or isinstance(error, tf.errors.InvalidArgumentError):
        return
    if isinstance(error, tf.errors.OpError):
        logger.error("The model failed on %d requests of %d rows: %s", len(group), rows, reason(error))
    elif isinstance(error, ModelFailedError):
        logger.error("The model failed on %d requests of %d rows: %s", len(group), rows, error)
    else:
        logger.error("Answering %d requests of %d rows failed", len(group), rows, exc_info=error)


def _told(one: Examples, error: Exception, refuse: Refusal) -> RequestError:
    if isinstance(error, tf.errors.InvalidArgumentError):
        return refuse(one, error)
    return error.bare() if isinstance(error, RequestError) else ModelFailedError(ModelFailedError.IN_THE_LOG)


def _unanswered() -> UnansweredError:
    return UnansweredError("The model failed on requests that this one was computed with: try again in a second.")
