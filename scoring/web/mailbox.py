"""The way of an answer from a thread of the batcher to the event loop, which waits for it."""

import asyncio
from collections import deque
from contextlib import suppress

from scoring.batcher import Outcome


class Mailbox:
    """Brings outcomes from the lanes' threads to the event loop, which one wake-up tells of all that have come."""

    def __init__(self) -> None:
        self._outcomes: deque[tuple[asyncio.Future[Outcome], Outcome]] = deque()
        self._woken = False

    def put(self, future: asyncio.Future[Outcome], outcome: Outcome) -> None:
        """Called by a lane."""
        self._outcomes.append((future, outcome))
        if not self._woken:
            self._woken = True
            with suppress(RuntimeError):  # the loop was closed: the service is ending, nobody waits any more
                future.get_loop().call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._woken = False  # before the emptying: an outcome that comes meanwhile wakes the loop once more
        while self._outcomes:
            future, outcome = self._outcomes.popleft()
            if not future.done():
                future.set_result(outcome)
