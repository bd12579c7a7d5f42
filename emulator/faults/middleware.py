import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.errors import InjectedFault
from emulator.faults.faults import FAILURE, faults_of

OWN = "/own/"
"""The emulator's own operations, which take faults back: they never have any."""

Respond = Callable[[Request, InjectedFault], Awaitable[Response]]


class FaultMiddleware:
    """Innermost: it sees the workspace's own paths, and only requests of those who may ask."""

    def __init__(self, app: ASGIApp, respond: Respond) -> None:
        self._app = app
        self._respond = respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(OWN):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        fault = faults_of(request).take(request.method, scope["path"])
        if fault is None:
            await self._app(scope, receive, send)
            return
        await asyncio.sleep(fault.seconds)
        if fault.status is None:
            await self._app({**scope, FAILURE: fault.fail_later}, receive, send)
            return
        error = InjectedFault(fault.status, f"{fault.method} {fault.path}")
        response = await self._respond(request, error)
        await response(scope, receive, send)
