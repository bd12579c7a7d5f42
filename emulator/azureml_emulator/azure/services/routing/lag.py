"""Services that are Healthy and not routed to yet: a fault that tests ask for (testing/faults)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple


class _Lag(NamedTuple):
    seconds: float
    status: int


class RoutingLags:
    """Each service's, by name. They go with the process, as all faults do."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._expected: dict[str, _Lag] = {}
        self._ends: dict[str, tuple[datetime, int]] = {}

    def expect(self, service: str, seconds: float, status: int) -> None:
        """For so long the router is to answer `status`, from the end of the operation on that is in progress."""
        self._expected[service] = _Lag(seconds, status)

    def operation_ended(self, service: str, *, healthy: bool) -> None:
        lag = self._expected.pop(service, None)
        if lag and healthy:
            self._ends[service] = self._now() + timedelta(seconds=lag.seconds), lag.status

    def status(self, service: str) -> int | None:
        """What the router answers now; None where it routes."""
        if service not in self._ends:
            return None
        end, status = self._ends[service]
        if self._now() < end:
            return status
        del self._ends[service]
        return None

    def forget(self, service: str) -> None:
        self._expected.pop(service, None)
        self._ends.pop(service, None)

    def clear(self) -> None:
        self._expected.clear()
        self._ends.clear()
