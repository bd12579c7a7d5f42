"""Requests whose client said that nothing more of it comes, or that it would rather speak another protocol."""

import asyncio
from collections.abc import Iterable
from socket import SO_ERROR, SOL_SOCKET
from typing import Any, cast

import httptools

FIRST = b"H"
"""With which every answer begins."""
_FRAMING = (b"content-length", b"transfer-encoding")


class Begun:
    """A transport to which the first byte of the next answer went already."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._begun = True

    def write(self, data: bytes) -> None:
        self.writelines([data])

    def writelines(self, pieces: Iterable[bytes]) -> None:
        data = b"".join(pieces)
        self._transport.write(data[len(FIRST) :] if self._begun else data)
        self._begun = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def begin_answer(transport: asyncio.Transport) -> asyncio.Transport:
    """Send an answer's first byte; the rest is for what is returned.

    A client that has closed its connection looks as one that only sends no more, until it is sent something: then its
    system resets the connection.
    """
    transport.write(FIRST)
    return cast(asyncio.Transport, Begun(transport))


def is_reset(transport: asyncio.Transport) -> bool:
    """Whether the client has gone for good; nobody is told, where nothing is read any more."""
    try:
        return transport.is_closing() or bool(transport.get_extra_info("socket").getsockopt(SOL_SOCKET, SO_ERROR))
    except (OSError, ValueError, AttributeError):  # as a socket says it that was closed meanwhile
        return True


class _EndError(Exception):
    """Ends the parser's work from within."""


class _Rest:
    """What a parser may tell of one message's body."""

    def __init__(self, connection: Any) -> None:
        self.on_header = connection.on_header
        self.on_body = connection.on_body
        self.on_message_complete = connection.on_message_complete
        self._begun = False

    def on_message_begin(self) -> None:
        if self._begun:
            raise _EndError  # what comes behind it has no head, here
        self._begun = True


def body_parser(connection: Any) -> httptools.HttpRequestParser:
    """A parser that reads on behind the head of the message that `connection` is at, once it is fed `head_of_body()`.

    For httptools, what follows a request to upgrade is in the other protocol.
    """
    return httptools.HttpRequestParser(_Rest(connection))


def head_of_body(headers: list[tuple[bytes, bytes]]) -> bytes:
    """As much of a head as tells a parser how long the body is."""
    framing = [b"%s: %s\r\n" % header for header in headers if header[0] in _FRAMING]
    return b"".join([b"POST / HTTP/1.1\r\n", *framing, b"\r\n"])
