"""A gunicorn worker class that lets requests meet in one process: `--worker-class scoring.worker.ScoringWorker`.

azmlinfsrv starts gunicorn with its sync worker, which answers one request at a time. gunicorn reads further options
from GUNICORN_CMD_ARGS, so this class takes the sync worker's place while azmlinfsrv stays what starts, loads and logs.
HTTP is uvicorn's business, on uvloop and httptools.
"""

import logging
import os
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle
from uvicorn_worker import UvicornWorker

from scoring.web.connections.bounded import BoundedProtocol
from scoring.web.connections.limits import Limits, most_connections

MAX_CONNECTIONS = 1000
BODY_GRACE_SECONDS = 5  # after a request's deadline, which its client is told of
SEVERAL = (
    "WORKER_COUNT=%d: requests in different processes aren't batched together. Each has the model in memory, and "
    "max_queue, bodies and connections bounded for itself. /metrics is one process's; the label process says whose."
)

logger = logging.getLogger("azmlinfsrv.worker")


class ScoringProtocol(BoundedProtocol):
    """One connection: says when the client has gone, and sends an answer whole."""

    on_lost: Callable[[], object] | None = None
    lost = False

    async def answer(self, head: bytes, body: bytes) -> None:
        """Send a 200 whole. `head` is lines of headers without Content-Length, none of them about the connection.

        As uvicorn's `send`, which looks at each character of each header in turn, and for a message each of head and
        body. Nothing in them needs it: what a client sent was read by a parser that lets no control character through.
        """
        cycle = cast(RequestResponseCycle, self._answered)
        if self.flow.write_paused and not cycle.disconnected:
            await self.flow.drain()
        if cycle.disconnected:
            return
        defaults = lines(self.server_state.default_headers)
        close = b"" if cycle.keep_alive else b"connection: close\r\n"
        end = b"content-length: %d\r\n\r\n" % len(body)
        cycle.transport.writelines([STATUS_LINE[200], defaults, head, close, end, body])
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"]["connection"] = self

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        super().connection_lost(exc)
        if self.on_lost:
            self.on_lost()


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
    }

    def load_wsgi(self) -> None:
        """Load azmlinfsrv, which runs init(), and put the front before it."""
        super().load_wsgi()
        from azureml_inference_server_http.server.config import config

        from scoring.service import running
        from scoring.web.front import Front

        hooks = bool(config.cors_origins or config.app_insights_enabled or config.mdc_storage_enabled)
        version = os.environ.get("HTTP_X_MS_SERVER_VERSION")
        seconds = running().settings.timeout_ms / 1e3
        ScoringProtocol.limits = Limits(
            connections=most_connections(MAX_CONNECTIONS),
            head_seconds=seconds,
            body_seconds=seconds + BODY_GRACE_SECONDS,
            send_seconds=seconds,
        )
        several = self.cfg.workers > 1
        if several:
            logger.warning(SEVERAL, self.cfg.workers)
        process = os.getpid() if several else None
        self.wsgi: Any = Front(self.wsgi, running(), hooks=hooks, version=version, process=process)
