"""HTTP/1.1 to one replica over pooled connections. The parser is httptools'.

A general client costs a request several times what the replica does; this one knows just what a scoring request needs.
"""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple, cast

import httptools

Headers = list[tuple[bytes, bytes]]
ANSWER_LIMIT = 100 * 1024 * 1024
"""An answer is held in memory until it is whole, so that a replica that dies in the middle of it can be replaced."""


class Answer(NamedTuple):
    status: int
    headers: Headers
    """Names in lower case."""

    body: bytes


class UpstreamError(Exception):
    """The connection ended before the answer was whole."""


class StaleConnectionError(UpstreamError):
    """The server closed a connection that was kept from an earlier request, before it said anything to this one."""


class AnswerTooLargeError(Exception):
    """More than ANSWER_LIMIT bytes."""


class Upstream:
    """The connections to one port of 127.0.0.1."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[_Connection] = []

    async def ask(self, method: str, target: bytes, headers: Headers, body: bytes, seconds: float) -> Answer:
        """The answer. Raises UpstreamError, AnswerTooLargeError, and asyncio.TimeoutError after `seconds`.

        A server may close a connection at the moment when it is used again: that is tried once more, on a new one.
        """
        message = _message(method, target, self._port, headers, body)
        end = asyncio.get_running_loop().time() + seconds
        if connection := self._kept():
            try:
                return await self._ask(connection, method, message, end)
            except StaleConnectionError:
                pass
        return await self._ask(_Connection(), method, message, end)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    async def _ask(self, connection: "_Connection", method: str, message: Iterable[bytes], end: float) -> Answer:
        reusable = False
        try:
            connection.send(method, message)
            if not connection.is_open:
                await self._open(connection)
            answer = await connection.answer(end)
            reusable = connection.reusable
            return answer
        finally:
            if reusable:
                self._idle.append(connection)
            else:
                connection.close()

    def _kept(self) -> "_Connection | None":
        while self._idle:
            if (connection := self._idle.pop()).reusable:
                return connection
        return None

    async def _open(self, connection: "_Connection") -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: connection, "127.0.0.1", self._port)
        except OSError as error:
            raise UpstreamError(str(error)) from None


def _message(method: str, target: bytes, port: int, headers: Headers, body: bytes) -> list[bytes]:
    lines = [b"%s %s HTTP/1.1\r\nhost: 127.0.0.1:%d" % (method.encode(), target, port)]
    lines += [b"%s: %s" % header for header in headers]
    head = b"\r\n".join([*lines, b"content-length: %d\r\n\r\n" % len(body)])
    return [head, body] if len(body) > 65536 else [head + body]


class _Connection(asyncio.Protocol):
    """One request at a time; the `on_…` methods are what httptools calls."""

    _transport: asyncio.Transport | None = None

    def __init__(self) -> None:
        self._used = False
        self.reusable = False
        self._answer: asyncio.Future[Answer] | None = None

    @property
    def is_open(self) -> bool:
        return self._transport is not None

    def send(self, method: str, message: Iterable[bytes]) -> None:
        """Now, or at the very moment when the connection is there: the server may wait for nothing but this."""
        self._parser = httptools.HttpResponseParser(self)
        self._message, self._bodyless = message, method == "HEAD"
        self._answer = asyncio.get_running_loop().create_future()
        self._headers: Headers = []
        self._chunks: list[bytes] = []
        self._size, self.reusable = 0, False
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

    def close(self) -> None:
        self.reusable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.writelines(self._message)

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.close()  # nobody asked
            return
        self._begun = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(UpstreamError(f"the replica does not answer in HTTP/1.1: {error}"))

    def connection_lost(self, error: Exception | None) -> None:
        self.reusable = False
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
        self._size += len(chunk)
        if self._size > ANSWER_LIMIT:
            self._fail(AnswerTooLargeError())
            self.close()
        else:
            self._chunks.append(chunk)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() >= 200:
            self._finish(keep=self._parser.should_keep_alive())

    def _finish(self, *, keep: bool) -> None:
        if self._answer is not None and not self._answer.done():
            self.reusable = keep
            body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
            self._answer.set_result(Answer(self._parser.get_status_code(), self._headers, body))

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    def _begun_without_length(self) -> bool:
        """Whether the end of the connection is what ends the answer."""
        framed = any(name in (b"content-length", b"transfer-encoding") for name, _ in self._headers)
        return self._answer is not None and self._headed and not framed
