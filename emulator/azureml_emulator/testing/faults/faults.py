"""The faults in force, and what they do to requests."""

import asyncio
from collections.abc import Sequence

from starlette.requests import Request
from starlette.routing import Route

from azureml_emulator.testing.faults.fault import Fault, new_fault
from azureml_emulator.wire import Document

FAILURE = "deployment_failure"
"""Where the request's scope says why the deployment fails."""


class Faults:
    """Those in force. They go with the process: a workspace that starts again is sound."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._stalled: set[asyncio.Future[None]] = set()

    def add(self, document: Document, routes: Sequence[Route]) -> Fault:
        """As `new_fault` has it."""
        fault = new_fault(document, routes)
        self._faults.append(fault)
        return fault

    def take(self, method: str, path: str, *, lags: bool = False) -> Fault | None:
        """The oldest fault for a request, used up by one: of those that do something to it, or of routing lags."""
        for fault in self._faults:
            if bool(fault.routing_lag) == lags and fault.concerns(method, path):
                if fault.times == 1:
                    self._faults.remove(fault)
                elif fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    def documents(self) -> list[Document]:
        return [fault.document() for fault in self._faults]

    async def stall(self, fault: Fault) -> None:
        """Return when its time has passed, or all faults are cleared."""
        cleared = asyncio.get_running_loop().create_future()
        self._stalled.add(cleared)
        try:
            await asyncio.wait([cleared], timeout=fault.seconds)
        finally:
            self._stalled.discard(cleared)

    def clear(self) -> None:
        """Requests that stall by now go on at once."""
        self._faults.clear()
        for cleared in self._stalled:
            if not cleared.done():
                cleared.set_result(None)


def faults_of(request: Request) -> Faults:
    faults: Faults = request.app.state.faults
    return faults


def failure_of(request: Request) -> str | None:
    """Why the deployment that this request asks for is to fail."""
    reason: str | None = request.scope.get(FAILURE)
    return reason


def routing_lag_of(request: Request) -> tuple[float, int] | None:
    """For how long, and with which status, the router is to ignore the service when this request has been done.

    Takes the fault: asked only for a request that changes replicas.
    """
    fault = faults_of(request).take(request.method, request.scope["path"], lags=True)
    return (fault.routing_lag, fault.status) if fault and fault.status else None
