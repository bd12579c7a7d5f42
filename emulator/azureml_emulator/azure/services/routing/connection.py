"""One connection to a replica, with one request at a time. The parser is httptools'."""

import asyncio
from typing import NamedTuple, cast

import httptools

from azureml_emulator.azure.services.routing.spool import NoRoomError, Spool

Headers = list[tuple[bytes, bytes]]
ANSWER_LIMIT = 100 * 1024 * 1024
"""An answer is kept until it is whole, so that a replica that dies in the middle of it can be replaced."""
HEAD_LIMIT = 256 * 1024
"""Bytes of an answer's head, or of its trailers."""


class Answer(NamedTuple):
    status: int
    headers: Headers
    """Names in lower case."""

    body: Spool


class UpstreamError(Exception):
    """The connection ended before the answer was whole."""


class StaleConnectionError(UpstreamError):
    """The server closed a connection that was kept from an earlier request, before it said anything to this one."""


class AnswerTooLargeError(Exception):
    """More than ANSWER_LIMIT bytes, or than HEAD_LIMIT before or behind them."""


class Connection(asyncio.Protocol):
    """One request at a time; the `on_…` methods are what httptools calls."""

    _transport: asyncio.Transport | None = None

    def __init__(self) -> None:
        self._used = False
        self._writable = asyncio.Event()
        self._writable.set()
        self.reusable = False
        self._answer: asyncio.Future[Answer] | None = None

    @property
    def is_open(self) -> bool:
        return self._transport is not None

    def send(self, method: str, message: list[bytes], answer: Spool) -> None:
        """Now, or at the very moment when the connection is there: the server may wait for nothing but this."""
        self._parser = httptools.HttpResponseParser(self)
        self._message, self._bodyless = message, method == "HEAD"
        self._answer = asyncio.get_running_loop().create_future()
        self._headers: Headers = []
        self._body, self._unread = answer, 0
        self.reusable = False
        self._begun = self._headed = False
        if self._transport is not None:
            self._transport.writelines(message)

    async def answer(self, end: float) -> Answer:
        assert self._answer is not None  # noqa: S101 - send() comes before
        timer = asyncio.get_running_loop().call_at(end, self._fail, asyncio.TimeoutError())
        try:
            return await self._answer
        finally:
            timer.cancel()
            self._used = True

    async def send_body(self, body: Spool) -> None:
        """After the rest, as fast as the server takes it."""
        for piece in body.pieces():
            if self._transport is None or self._transport.is_closing():
                return
            self._transport.write(piece)
            await self._writable.wait()

    def close(self) -> None:
        self.reusable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.writelines(self._message)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.close()  # nobody asked
            return
        self._begun = True
        self._unread += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(UpstreamError(f"the replica does not answer in HTTP/1.1: {error}"))
        if self._unread > HEAD_LIMIT:
            self._fail(AnswerTooLargeError())
            self.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.reusable = False
        self._writable.set()
        if self._begun_without_length() and error is None:
            self.on_message_complete()
        elif self._used and not self._begun:
            self._fail(StaleConnectionError("a kept connection was closed"))
        else:
            self._fail(UpstreamError("the replica closed the connection"))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if self._parser.get_status_code() < 200:
            self._headers.clear()
            return
        self._headed = True
        if self._bodyless:
            self._finish(keep=False)  # the parser waits for a body that never comes

    def on_body(self, chunk: bytes) -> None:
        self._unread = 0
        if self._answer is None or self._answer.done():
            return  # it has failed, and its body may be somebody else's by now
        try:
            if self._body.size + len(chunk) > ANSWER_LIMIT:
                raise AnswerTooLargeError
            self._body.write(chunk)
        except (AnswerTooLargeError, NoRoomError) as error:
            self._fail(error)
            self.close()

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() >= 200:
            self._finish(keep=self._parser.should_keep_alive())

    def _finish(self, *, keep: bool) -> None:
        if self._answer is not None and not self._answer.done():
            self.reusable = keep
            self._answer.set_result(Answer(self._parser.get_status_code(), self._headers, self._body))

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    def _begun_without_length(self) -> bool:
        """Whether the end of the connection is what ends the answer."""
        framed = any(name in (b"content-length", b"transfer-encoding") for name, _ in self._headers)
        return self._answer is not None and self._headed and not framed
