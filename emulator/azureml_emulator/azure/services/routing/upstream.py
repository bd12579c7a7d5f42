"""HTTP/1.1 to one replica over pooled connections, or HTTP/1.0, each request on a connection of its own.

A general client costs a request several times what the replica does; this one knows just what a scoring request needs.
"""

import asyncio
from typing import NamedTuple

from azureml_emulator.azure.services.routing.connection import (
    Answer,
    Connection,
    Headers,
    StaleConnectionError,
    UpstreamError,
)
from azureml_emulator.azure.services.routing.spool import Spool


class Message(NamedTuple):
    method: str
    target: bytes
    headers: Headers
    body: Spool


class Upstream:
    """The connections to one port of 127.0.0.1. By `http_1_0` as nginx in Microsoft's image speaks to the server."""

    def __init__(self, port: int, *, http_1_0: bool = False) -> None:
        self._port = port
        self._http_1_0 = http_1_0
        self._idle: list[Connection] = []

    async def ask(self, message: Message, answer: Spool, seconds: float) -> Answer:
        """The answer, whose body goes to the empty spool `answer`.

        Raises UpstreamError, AnswerTooLargeError, NoRoomError, and asyncio.TimeoutError after `seconds`. A server may
        close a connection at the moment when it is used again: that is tried once more, on a new one.
        """
        end = asyncio.get_running_loop().time() + seconds
        if connection := self._kept():
            try:
                return await self._ask(connection, message, answer, end)
            except StaleConnectionError:
                pass
        return await self._ask(Connection(), message, answer, end)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    async def _ask(self, connection: Connection, message: Message, body: Spool, end: float) -> Answer:
        reusable, sending = False, None
        try:
            connection.send(message.method, self._written(message), body)
            if not connection.is_open:
                await self._open(connection)
            if message.body.whole() is None:
                sending = asyncio.create_task(connection.send_body(message.body))
            answer = await connection.answer(end)
            reusable = connection.reusable and not self._http_1_0 and (sending is None or sending.done())
            return answer
        finally:
            if sending:
                sending.cancel()
            if reusable:
                self._idle.append(connection)
            else:
                connection.close()

    def _kept(self) -> Connection | None:
        while self._idle:
            if (connection := self._idle.pop()).reusable:
                return connection
        return None

    async def _open(self, connection: Connection) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: connection, "127.0.0.1", self._port)
        except OSError as error:
            raise UpstreamError(str(error)) from None

    def _written(self, message: Message) -> list[bytes]:
        """All of it but a body that is in a file."""
        version = b"HTTP/1.0\r\nconnection: close" if self._http_1_0 else b"HTTP/1.1"
        lines = [b"%s %s %s\r\nhost: 127.0.0.1:%d" % (message.method.encode(), message.target, version, self._port)]
        lines += [b"%s: %s" % header for header in message.headers]
        head = b"\r\n".join([*lines, b"content-length: %d\r\n\r\n" % message.body.size])
        body = message.body.whole() or b""
        return [head, body] if len(body) > 65536 else [head + body]
