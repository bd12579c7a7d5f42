"""A bound on the time of whatever the main thread waits for. Not for Windows, as what is measured isn't either."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class OverdueError(Exception):
    """It took longer than it may; the message says how long that is."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """OverdueError in the main thread once the block has lasted `seconds`, which are more than none."""

    def overdue(_: int, __: FrameType | None) -> None:
        raise OverdueError(f"ended after {seconds:.0f} s: it had still not come to an end by itself")

    before = signal.signal(signal.SIGALRM, overdue)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
