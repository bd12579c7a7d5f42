"""The deadline of all requests, which is the same time after the beginning of each."""

import asyncio
from typing import Any


class Deadlines:
    """Cancels what isn't ended `seconds` after it was begun.

    One timer for all: none passes another, so it waits for the oldest. uvloop takes microseconds to make one and to let
    go of it, whether it ever ends or not.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._latest: dict[asyncio.Task[Any], float] = {}
        """The oldest first."""
        self._waiting = False

    def begin(self, task: "asyncio.Task[Any]", loop: asyncio.AbstractEventLoop) -> None:
        """From now on `task`, which is one of `loop`'s, has its time."""
        self._latest[task] = loop.time() + self._seconds
        if not self._waiting:
            self._waiting = True
            loop.call_later(self._seconds, self._look, loop)

    def end(self, task: "asyncio.Task[Any]") -> None:
        """It is done, or has been cancelled."""
        self._latest.pop(task, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._waiting = False
        now = loop.time()
        for task, latest in list(self._latest.items()):
            if latest > now:
                self._waiting = True
                loop.call_at(latest, self._look, loop)
                return
            self.end(task)
            task.cancel()
