"""A gunicorn worker class that lets requests meet in one process: `--worker-class scoring.worker.ScoringWorker`.

azmlinfsrv starts gunicorn with its sync worker, which answers one request at a time. gunicorn reads further options
from GUNICORN_CMD_ARGS, so this class takes the sync worker's place while azmlinfsrv stays what starts, loads and logs.
HTTP is uvicorn's business, on uvloop and httptools.
"""

import asyncio
import os
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn_worker import UvicornWorker

MAX_HEAD_BYTES = 64 * 2**10
MAX_PIPELINED = 1000  # requests on one connection; uvicorn would read on, a kilobyte of memory for each
KEEP_ALIVE_SECONDS = 75  # longer than a client or proxy keeps an idle connection, so that it is the one to close it


class ScoringProtocol(HttpToolsProtocol):
    """One connection: bounds a request's head and the requests that wait, and says when the client has gone."""

    head_seconds: ClassVar[float]
    """In which a request's head must arrive once it has begun."""

    on_lost: Callable[[], object] | None = None
    lost = False
    _head_bytes = 0
    _in_head = False
    _head_began = False
    _head_timer: asyncio.TimerHandle | None = None
    _answered: RequestResponseCycle
    """The request that the application is at; `cycle` is the last that was read."""

    async def answer(self, head: bytes, body: bytes) -> None:
        """Send a 200 whole. `head` is lines of headers without Content-Length, none of them about the connection.

        As uvicorn's `send`, which looks at each character of each header in turn, and for a message each of head and
        body. Nothing in them needs it: what a client sent was read by a parser that lets no control character through.
        """
        cycle = self._answered
        if self.flow.write_paused and not cycle.disconnected:
            await self.flow.drain()
        if cycle.disconnected:
            return
        defaults = lines(self.server_state.default_headers)
        close = b"" if cycle.keep_alive else b"connection: close\r\n"
        end = b"content-length: %d\r\n\r\n" % len(body)
        self.transport.writelines([STATUS_LINE[200], defaults, head, close, end, body])
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes, self._in_head, self._head_began = 0, True, True
        self.scope["state"]["connection"] = self

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_head_timer()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        self._head_began = False
        super().data_received(data)
        if self._in_head and self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_seconds, self.transport.abort)
        if len(self.pipeline) > MAX_PIPELINED:
            self.transport.abort()
        if self._in_head and not self._head_began:  # what a head begins in may be mostly the body before it
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response("Request head too large.")

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self._stop_head_timer()
        super().connection_lost(exc)
        if self.on_lost:
            self.on_lost()

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Headers as they are sent."""
    return b"".join([b"%s: %s\r\n" % (name.lower(), value) for name, value in headers])


class ScoringWorker(UvicornWorker):  # type: ignore[misc]  # it has no types
    """Serves azmlinfsrv's application behind scoring/web/front.py."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "http": ScoringProtocol,
        "ws": "none",
        "lifespan": "off",
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,  # nobody asks for the client's address
        "headers": [("server", "gunicorn")],
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
    }

    def load_wsgi(self) -> None:
        """Load azmlinfsrv, which runs init(), and put the front before it."""
        super().load_wsgi()
        from azureml_inference_server_http.server.config import config

        from scoring.service import running
        from scoring.web.front import Front

        hooks = bool(config.cors_origins or config.app_insights_enabled or config.mdc_storage_enabled)
        version = os.environ.get("HTTP_X_MS_SERVER_VERSION")
        ScoringProtocol.head_seconds = running().settings.timeout_ms / 1e3
        self.wsgi: Any = Front(self.wsgi, running(), hooks=hooks, version=version)
