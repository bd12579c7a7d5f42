"""The service's HTTP side under scoring/worker.py: a small ASGI application in front of the inference server's own.

It answers POST /score itself, with the headers that the server would give, and adds /metrics; all else goes to the
server's Flask application in a thread, where run() uses the same batcher. So do the POSTs themselves when the server
has work to do on each: Application Insights, model data collection or CORS.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping, MutableMapping
from functools import partial
from typing import Any, TypeVar, cast

from a2wsgi import WSGIMiddleware

from scoring.batcher import Outcome
from scoring.errors import OverloadedError, RequestError, SlowRequestError
from scoring.monitoring.metrics import CONTENT_TYPE
from scoring.service import TIMING, Reply, Service
from scoring.web.arriving import Arriving, Body
from scoring.web.deadlines import Deadlines
from scoring.web.mailbox import Mailbox
from scoring.web.request_ids import Headers, response_ids
from scoring.worker import lines

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

T = TypeVar("T")

MAX_POST_THREADS = 64
FLASK_THREADS = 10  # health probes, the API description, wrong methods


class Front:
    """ASGI application over `server`, azmlinfsrv's WSGI application, and the service that its init() started.

    `hooks`: the server has more to do with each POST than to answer it. `version` is what it says of itself. `process`
    is this one's number where others answer beside it.
    """

    def __init__(
        self,
        server: Callable[..., Any],
        service: Service,
        *,
        hooks: bool,
        version: str | None,
        process: int | None = None,
    ) -> None:
        self._server = WSGIMiddleware(server, workers=FLASK_THREADS)
        posts = min(service.settings.max_batch * service.settings.lanes, MAX_POST_THREADS)
        self._posts = WSGIMiddleware(_with_whole_bodies(server), workers=posts)
        self._handed_over = 0
        self._service = service
        self._deadlines = Deadlines(service.settings.timeout_ms / 1e3)
        self._answers_posts = not hooks
        self._process = process
        self._version = {"x-ms-server-version": version} if version else {}
        always = lines(_encode({**service.headers, **self._version})).replace(b"%", b"%%")
        self._head_of_200 = always + lines([*_encode(TIMING), *_run(200, b"%.3f")])
        self._mailbox = Mailbox()
        self._waking = False
        self._handed_bytes = 0
        self._arriving = Arriving(lambda: service.batcher.room_bytes - self._handed_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = scope["method"], scope["path"]
        if route == ("POST", "/score"):
            ids = response_ids(scope["headers"])
            if ids is None or not self._answers_posts:
                await self._hand_over(scope, receive, send, ids or [])
            else:
                await self._score(scope, receive, send, ids)
        elif route == ("GET", "/metrics"):
            page = self._service.metrics.text(self._process)
            await _send(send, 200, [(b"content-type", CONTENT_TYPE.encode())], page)
        else:
            await self._server(scope, receive, send)  # type: ignore[arg-type]

    async def _score(self, scope: Scope, receive: Receive, send: Send, ids: Headers) -> None:
        started = time.perf_counter()
        reply = await self._in_time(scope, self._reply(scope, receive))
        if isinstance(reply, Reply):
            await self._answer(send, reply, ids, started)
        elif reply is not None:
            head = self._head_of_200 % (*reply.timing, _milliseconds(started)) + lines(ids)
            await scope["state"]["connection"].answer(head, self._service.scored(reply))

    async def _hand_over(self, scope: Scope, receive: Receive, send: Send, ids: Headers) -> None:
        """Give the server a POST whose body is here: a slow sender would hold one of its few threads."""
        started = time.perf_counter()
        body = await self._in_time(scope, self._read_for_server(scope, receive))
        if isinstance(body, Reply):
            await self._answer(send, body, ids, started)
        elif body is not None:
            self._handed_over += 1
            self._handed_bytes += len(body)
            try:
                await self._posts(scope, _replay(body), send)  # type: ignore[arg-type]
            finally:
                self._handed_over -= 1
                self._handed_bytes -= len(body)

    async def _read_for_server(self, scope: Scope, receive: Receive) -> bytes:
        if self._handed_over >= self._service.settings.max_queue:
            raise OverloadedError(f"{self._handed_over} requests are waiting already: try again in a second.")
        return await self._read(scope, receive)

    async def _answer(self, send: Send, reply: Reply, ids: Headers, started: float) -> None:
        headers = _encode({**reply.headers, **self._version})
        run = _run(reply.status, b"%.3f" % _milliseconds(started))
        await _send(send, reply.status, [*headers, *run, *ids], reply.body)

    async def _in_time(self, scope: Scope, work: Coroutine[Any, Any, T]) -> T | Reply | None:
        """What `work` gives; the refusal when it raises one, or isn't done in time; None when the client has gone."""
        connection = scope["state"]["connection"]
        task = cast("asyncio.Task[None]", asyncio.current_task(connection.loop))
        connection.on_lost = task.cancel
        self._deadlines.begin(task, connection.loop)
        try:
            return await work
        except RequestError as error:
            return self._service.refusal(error)
        except asyncio.CancelledError:
            return None
        finally:
            self._deadlines.end(task)
            connection.on_lost = None

    async def _reply(self, scope: Scope, receive: Receive) -> Outcome | Reply:
        """The outcome where the request was scored, else the refusal."""
        self._service.batcher.check_room()
        body = await self._read(scope, receive)
        weight = self._service.reader.check(body)
        outcome = await self._outcome(scope, body, weight)
        return self._service.refusal(outcome.error) if outcome.error else outcome

    async def _read(self, scope: Scope, receive: Receive) -> bytes:
        """The request's body, never holding more of it than is allowed; the rest of a longer one is thrown away."""
        limit = self._service.settings.max_body_bytes
        body = Body(cast("asyncio.Task[Any]", asyncio.current_task(scope["state"]["connection"].loop)))
        received, more = 0, True
        try:
            while more:
                message = await receive()
                if message["type"] != "http.request":
                    raise asyncio.CancelledError  # the client has gone in the middle of it
                part: bytes = message.get("body", b"")
                received += len(part)
                if received > limit:
                    self._arriving.forget(body)
                elif not self._arriving.add(body, part):
                    raise self._overloaded()
                more = message.get("more_body", False)
            if received > limit:
                raise self._service.reader.too_large(limit)
            return b"".join(body.parts)
        except asyncio.CancelledError:
            if scope["state"]["connection"].lost:
                raise
            raise self._overloaded() if body.gave_way else SlowRequestError("The body didn't arrive in time.") from None
        finally:
            self._arriving.forget(body)

    def _overloaded(self) -> OverloadedError:
        most = self._service.settings.max_held_bytes
        return OverloadedError(f"{most} bytes of requests are held already: try again in a second.")

    async def _outcome(self, scope: Scope, body: bytes, weight: int) -> Outcome:
        batcher = self._service.batcher
        loop: asyncio.AbstractEventLoop = scope["state"]["connection"].loop
        future: asyncio.Future[Outcome] = loop.create_future()
        ticket = batcher.submit(body, partial(self._mailbox.put, future), weight=weight, wake=False)
        if not self._waking:
            self._waking = True
            loop.call_soon(self._wake)  # after all that has been read by now
        try:
            return await future
        except asyncio.CancelledError:
            batcher.cancel(ticket)
            if scope["state"]["connection"].lost:
                raise
            raise self._service.late() from None

    def _wake(self) -> None:
        self._waking = False
        self._service.batcher.wake()


def _with_whole_bodies(server: Callable[..., Any]) -> Callable[..., Any]:
    """Tell `server` that a body's end is its stream's end: without a length, it would take the body for empty."""

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        return server({**environ, "wsgi.input_terminated": True}, start_response)

    return application


def _replay(body: bytes) -> Receive:
    """A `receive` that gives `body` whole."""
    messages: deque[Message] = deque([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Message:
        return messages.popleft() if messages else {"type": "http.disconnect"}

    return receive


def _run(status: int, milliseconds: bytes) -> list[tuple[bytes, bytes]]:
    """What the server tells of a run() that took so long."""
    failed = b"True" if status >= 500 else b"False"
    return [(b"x-ms-run-function-failed", failed), (b"x-ms-run-fn-exec-ms", milliseconds)]


def _milliseconds(started: float) -> float:
    return (time.perf_counter() - started) * 1e3


def _encode(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    headers = [*headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
