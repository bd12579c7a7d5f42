from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from azureml_emulator.errors import InjectedFault
from azureml_emulator.studio.access.guard import is_page
from azureml_emulator.testing.faults.faults import FAILURE, Faults

_KEPT_BYTES = 1024 * 1024

Respond = Callable[[Request, InjectedFault], Awaitable[Response]]


def may_fail(path: str) -> bool:
    """Not the emulator's own operations, which take faults back, nor its pages: Azure has none of them."""
    return not (path == "/health" or path.startswith("/own/") or is_page(path))


class FaultMiddleware:
    """Innermost: it sees the workspace's own paths, and only requests of those who may ask.

    Where the handler itself checks a signature or a key, as that of a service, it comes before.
    """

    def __init__(self, app: ASGIApp, respond: Respond) -> None:
        self._app = app
        self._respond = respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not may_fail(scope["path"]):
            await self._app(scope, receive, send)
            return
        faults: Faults = scope["app"].state.faults
        fault = faults.take(scope["method"], scope["path"])
        if fault is None:
            await self._app(scope, receive, send)
            return
        receive = await _arrived(receive)
        await faults.stall(fault)
        if fault.status is None:
            await self._app({**scope, FAILURE: fault.fail_later}, receive, send)
            return
        error = InjectedFault(fault.status, f"{fault.method} {fault.path}")
        response = await self._respond(Request(scope), error)
        await response(scope, receive, send)


async def _arrived(receive: Receive) -> Receive:
    """The same request, whose body is here already: it is done even if the client has stopped waiting for it.

    Only the start of a long body is kept, so that no request costs much memory.
    """
    messages: list[Message] = [await receive()]
    while messages[-1].get("more_body") and sum(len(one["body"]) for one in messages) < _KEPT_BYTES:
        messages.append(await receive())

    async def replay() -> Message:
        return messages.pop(0) if messages else await receive()

    return replay
