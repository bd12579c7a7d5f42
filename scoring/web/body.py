"""The body of a request: read whole, and never more of it held than is allowed."""

from collections.abc import Callable
from typing import Protocol

from scoring.errors import RequestError

CHUNK_BYTES = 256 * 2**10
DRAIN_BYTES = 100 * 2**20  # what Azure ML's front end lets through at most


class ByteStream(Protocol):
    """The one method of `request.stream` used here."""

    def read(self, size: int, /) -> bytes: ...


def read_body(stream: ByteStream, max_bytes: int, too_large: Callable[[int], RequestError]) -> bytes:
    """Read a request body of at most `max_bytes`, never holding more than that in memory; else raise `too_large`.

    The rest of a longer body is read and thrown away (up to DRAIN_BYTES): closing a connection with unread data
    resets it, and the client would see a broken pipe instead of the 413.
    """
    body = bytearray()
    received = 0
    while received < DRAIN_BYTES and (chunk := stream.read(CHUNK_BYTES)):
        received += len(chunk)
        if received <= max_bytes:
            body += chunk
    if received > max_bytes:
        raise too_large(max_bytes)
    return bytes(body)
