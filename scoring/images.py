"""Limits on what a client sends, applied before any pixel is decoded."""

import io
import math
from typing import Protocol

from scoring.errors import BrokenImageError, EmptyImageError, ImageTooLargeError, UnsupportedImageError

CHUNK_BYTES = 256 * 2**10
DRAIN_BYTES = 100 * 2**20  # what Azure ML's front end lets through at most
MAGIC = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}


class ByteStream(Protocol):
    """The one method of `request.stream` used here."""

    def read(self, size: int, /) -> bytes: ...


def read_body(stream: ByteStream, max_bytes: int) -> bytes:
    """Read a request body of at most `max_bytes`, never holding more than that in memory.

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
        raise ImageTooLargeError(f"The body has more than {max_bytes} bytes, the most that this service takes.")
    return bytes(body)


def check_image(data: bytes, max_pixels: int) -> None:
    """Raise the ImageError that keeps `data` from being scored; only the magic number and the header are read."""
    image_format = _format(data)
    if _pixels(data, image_format) > max_pixels:
        raise ImageTooLargeError(f"The image has more than {max_pixels} pixels, the most that this service takes.")


def _format(data: bytes) -> str:
    if not data:
        raise EmptyImageError("The body is empty: send the bytes of a JPEG or PNG image.")
    for magic, name in MAGIC.items():
        if data.startswith(magic):
            return name
    raise UnsupportedImageError("The body is neither JPEG nor PNG: send the image's bytes alone, not a form or JSON.")


def _pixels(data: bytes, image_format: str) -> float:
    """Width x height from the header, infinite where Pillow itself calls it a bomb; no pixel is decoded."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=[image_format]) as image:
            return image.width * image.height
    except Image.DecompressionBombError:
        return math.inf
    except TimeoutError:  # an OSError too: the server's own scoring timeout, which it must see
        raise
    except (OSError, ValueError) as error:
        raise BrokenImageError(f"The {image_format} header can't be read.") from error
