"""One JSON line a request: what was asked, by which client, with what outcome. No header, body or query: no secret."""

import json
import logging
import re
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

FILE = "requests.log"
_MAX_BYTES = 20 * 1024 * 1024


class _LogFile(RotatingFileHandler):
    """Looks at the size of the file at every hundredth line only: looking takes longer than writing."""

    _lines = 0

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 - the library's name
        self._lines += 1
        return self._lines % 100 == 1 and bool(super().shouldRollover(record))


class RequestLogMiddleware:
    def __init__(self, app: ASGIApp, folder: Path) -> None:
        self._app = app
        self._log = logging.Logger("emulator.requests")  # noqa: LOG001 - a handler of its own, no parent
        self._log.addHandler(_LogFile(folder / FILE, maxBytes=_MAX_BYTES, backupCount=1))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            self._write(scope, status, time.perf_counter() - started)

    def _write(self, scope: Scope, status: int, seconds: float) -> None:
        agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"")
        line = {
            "time": round(time.time(), 3),
            "method": scope["method"],
            "path": _without_secret(scope["path"]),
            "status": status,
            "milliseconds": round(seconds * 1000, 1),
            "user_agent": agent.decode("latin-1")[:200],
        }
        self._log.info(json.dumps(line))


def _without_secret(path: str) -> str:
    return re.sub(r"/msi/+[^/]+", "/msi/***", path)
