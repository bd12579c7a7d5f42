"""One JSON line a request: what was asked, by which client and kind of token, with what outcome.

No header, body or query: no secret.
"""

import json
import re
import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

FILE = "requests.log"
_MAX_BYTES = 20 * 1024 * 1024


class _LogFile:
    """A file of bounded size and the one before it. The library's handler takes longer than many a request."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._open()

    def write(self, line: str) -> None:
        if self._size > self._max_bytes:
            self._file.close()
            self._path.replace(f"{self._path}.1")
            self._open()
        self._size += self._file.write(f"{line}\n")

    def _open(self) -> None:
        self._file = self._path.open("a", buffering=1)
        self._size = self._path.stat().st_size


class RequestLogMiddleware:
    def __init__(self, app: ASGIApp, folder: Path, max_bytes: int = _MAX_BYTES) -> None:
        self._app = app
        self._log = _LogFile(folder / FILE, max_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})  # which the layers below copy with the scope, and note things in
        started, status, error = time.perf_counter(), 500, b""

        async def note_status(message: Message) -> None:
            nonlocal status, error
            if message["type"] == "http.response.start":
                status = message["status"]
                error = dict(message["headers"]).get(b"x-ms-error-code", b"") if status >= 400 else b""
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            self._write(scope, status, error, time.perf_counter() - started)

    def _write(self, scope: Scope, status: int, error: bytes, seconds: float) -> None:
        agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"")
        with suppress(OSError):  # a full disk is no reason to fail a request that has been answered
            self._log.write(
                f'{{"time": {time.time():.3f}, "method": {_quoted(scope["method"])}, "path": {_quoted(scope["path"])}, '
                f'"status": {status}, "error": {_quoted_header(error)}, "milliseconds": {seconds * 1000:.1f}, '
                f'"token": {_quoted(scope["state"].get("token", ""))}, "user_agent": {_quoted_header(agent)}}}'
            )


@lru_cache(maxsize=64)
def _quoted(text: str) -> str:
    """As JSON, without the secret that the path of the managed identity endpoint has."""
    return json.dumps(re.sub(r"/msi/+[^/]+", "/msi/***", text))


@lru_cache(maxsize=64)
def _quoted_header(value: bytes) -> str:
    return json.dumps(value.decode("latin-1")[:200])
