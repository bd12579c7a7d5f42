"""HTTP as uvicorn has it, with what clients need beyond ASGI: reasons in status lines, names as they were written."""

import asyncio
import re
from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

METADATA_NAMES = "azureml_emulator.metadata_names"
"""In a request's scope: names of `x-ms-meta-…` headers as they were written, by those in small letters.

Azure keeps the spelling of metadata, which are what these headers are called."""

REASON = "x-ms-error-reason"
"""The header of an answer whose text becomes the reason phrase of its status line.

SDK v1 shows nothing else of a refused dataset operation ("Operation returned an invalid status code 'Bad Request'"),
nor does azure-core of a refused HEAD."""

_LONGEST_REASON = 1000
_HEAD = re.compile(rb"(HTTP/1\.1 \d{3} )[^\r]*(\r\n(?:.*\r\n)?x-ms-error-reason: )([^\r]*)", re.DOTALL)


class Spelled(bytes):
    """The name of a header in an answer, which uvicorn is not to write in small letters."""

    def lower(self) -> "Spelled":
        return self


class Protocol(HttpToolsProtocol):
    """A request finds it in its scope's state, as `connection`."""

    on_lost: Callable[[], object] | None = None
    lost = False

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        super().connection_lost(exc)
        if self.on_lost:
            self.on_lost()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        cast(dict[str, Any], self.scope)["state"]["connection"] = self

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        if name[:10].lower() == b"x-ms-meta-":
            names: dict[bytes, bytes] = cast(dict[str, Any], self.scope).setdefault(METADATA_NAMES, {})
            names[name.lower()] = name

    def on_headers_complete(self) -> None:
        before = getattr(self, "cycle", None)
        super().on_headers_complete()
        if self.cycle is not before:  # an upgrade makes none
            self.cycle.transport = cast(asyncio.Transport, _StatusLine(self.cycle.transport))


class _StatusLine:
    """The transport of one answer, whose first bytes are its head."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._begun = False

    def write(self, data: bytes) -> None:
        if not self._begun and not data.startswith(b"HTTP/1.1 100 "):
            self._begun = True
            data = _HEAD.sub(rb"\1\3\2\3", data, count=1) if REASON.encode() in data else data
        self._transport.write(data)

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)


def reason(message: str) -> str:
    """A message as a reason phrase can have it: one line of ASCII, not without end."""
    line = " ".join(message.split()).encode("ascii", "replace").decode()
    return re.sub(r"[^ -~]", "?", line)[:_LONGEST_REASON]
