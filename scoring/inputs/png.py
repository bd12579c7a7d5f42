"""A PNG's chunks (w3.org/TR/png): its size, where it ends, what doesn't belong to its pixels. No pixel is decoded."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from scoring.errors import BrokenImageError, ImageTooLargeError
from scoring.inputs.png_data import DEPTHS, PIXELS, Header, hidden_size, inflated, inflated_size, is_suspicious

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
HEADER_BYTES = 33  # magic number and IHDR, which comes first (section 5)
HEADER = struct.Struct(">IIBB2xB")  # of IHDR, what libpng accepts one value of left out
LENGTH = struct.Struct(">I")
MAX_SIDE = 1_000_000  # libpng's PNG_USER_WIDTH_MAX and PNG_USER_HEIGHT_MAX
AROUND = 12  # bytes of a chunk that aren't its data: length, kind, CRC
END = b"IEND"
TEXTS = (b"zTXt", b"iTXt")
"""Nothing that pixels are made of. libpng inflates up to 1,000 of them to 8 MB each, and keeps them."""
MAX_CHUNKS = 20_000  # most encoders make them of 8 KiB, so that 10 MiB are 1,280


class Chunk(NamedTuple):
    kind: bytes
    start: int
    """Of its length, which it begins with."""
    end: int


def read_png_header(data: bytes) -> Header:
    """Of IHDR.

    BrokenImageError when the header is cut short or isn't one; ImageTooLargeError for sides that libpng doesn't take.
    """
    if data[12:16] != b"IHDR" or len(data) < HEADER_BYTES:
        raise BrokenImageError("The PNG header can't be read.")
    header = Header(*HEADER.unpack_from(data, 16))
    if header.depth not in DEPTHS.get(header.color, ()):
        raise BrokenImageError(f"The PNG has depth {header.depth} and colour type {header.color}, which no PNG has.")
    if max(header.width, header.height) > MAX_SIDE:
        raise ImageTooLargeError(f"The PNG is wider or higher than {MAX_SIDE} pixels, the most that is decoded.")
    return header


def own_png(data: bytes, header: Header) -> tuple[bytes, int]:
    """The PNG alone: without compressed texts, and without what comes behind its end; and what it may hide, in bytes.

    BrokenImageError where it has too many chunks, or its pixels inflate to more than its size needs. What is damaged
    otherwise is left to the decoder.
    """
    chunks = [*_chunks(data)]
    inside = [one for one in chunks if one.kind == PIXELS]
    size, pixels = inflated_size(header), None
    hidden = hidden_size(sum(one.end - one.start for one in inside), size)
    if is_suspicious(hidden, size):
        view = memoryview(data)
        pixels, hidden = inflated([view[one.start : one.end] for one in inside], size), 0
    whole = bool(chunks) and chunks[-1].end == len(data) and not any(one.kind in TEXTS for one in chunks)
    if whole and pixels is None:
        return data, hidden
    return b"".join([PNG_MAGIC, *_kept(data, chunks, pixels)]), hidden


def find_png_end(data: bytes) -> int:
    """Where the image ends; the data's end where it is cut short. BrokenImageError where it has too many chunks."""
    return max((one.end for one in _chunks(data)), default=len(data))


def _chunks(data: bytes) -> Iterator[Chunk]:
    """Up to the image's end, or to where the file is cut off."""
    start = len(PNG_MAGIC)
    for _ in range(MAX_CHUNKS):
        if len(data) < start + AROUND:
            return
        (length,) = LENGTH.unpack_from(data, start)
        one = Chunk(data[start + 4 : start + 8], start, min(len(data), start + AROUND + length))
        yield one
        if one.kind == END:
            return
        start = one.end
    raise BrokenImageError(f"The PNG has more than {MAX_CHUNKS} chunks: save it anew.")


def _kept(data: bytes, chunks: list[Chunk], pixels: bytes | None) -> Iterator[bytes]:
    """The chunks to decode, with `pixels`, if any, as the only one of that kind."""
    for one in chunks:
        if one.kind == PIXELS and pixels is not None:
            yield pixels
            pixels = b""
        elif one.kind not in TEXTS:
            yield data[one.start : one.end]
