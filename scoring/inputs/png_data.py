"""What a PNG's pixels inflate to: bounded before libpng, by which TensorFlow decodes, sees them.

Zlib makes up to 10 GB of 10 MB, whatever size the header says, and libpng inflates what comes behind the last pixel,
too, to throw it away. Few bytes do little harm and are left alone, but what may come of them is counted. Others are
inflated here, and the smaller ones handed on so: that costs a photograph a tenth of its decoding; inflating it twice,
half.
"""

import struct
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from scoring.errors import BrokenImageError

PIXELS = b"IDAT"
HEAD, CRC = 8, 4  # bytes of a chunk: before its data length and kind, behind them
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}  # by colour type, section 11.2.1
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Of Adam7: the first column and row, and the steps to the next."""
MOST_OUT = 1032  # bytes that deflate makes of one (zlib.net/zlib_tech.html)
HARMLESS = 4_000_000  # bytes that are inflated in 8 ms, of 4 kB at least
ZLIB_HEADER, ZLIB_METHOD, ZLIB_MULTIPLE = 2, 8, 31  # RFC 1950
SLACK = 2**16  # bytes behind the last pixel that are forgiven: libpng warns of them
READ, STEP = 2**16, 2**18  # bytes that are inflated at once, and that come of it
MOST_STORED = 2**22  # bytes of an image that is handed on inflated


class Header(NamedTuple):
    """Of IHDR."""

    width: int
    height: int
    depth: int
    color: int
    interlaced: int


def hidden_size(compressed: int, size: int) -> int:
    """Bytes that so many could inflate to beyond the image's `size`."""
    return max(0, MOST_OUT * compressed - size)


def is_suspicious(hidden: int, size: int) -> bool:
    """Whether so much may be hidden that it matters."""
    return hidden > 0 and size + hidden > HARMLESS


def inflated(chunks: Sequence[memoryview], size: int) -> bytes | None:
    """The IDAT chunks as one that isn't compressed; None for a large image, which may be decoded as it is.

    BrokenImageError where they are damaged, or hold more than the image's `size`.
    """
    blocks = _inflate(_joined(chunks), size + SLACK)
    if size > MOST_STORED:
        deque(blocks, maxlen=0)
        return None
    storing = zlib.compressobj(0)
    stored = b"".join([PIXELS, *map(storing.compress, blocks), storing.flush()])
    return b"".join([struct.pack(">I", len(stored) - len(PIXELS)), stored, struct.pack(">I", zlib.crc32(stored))])


def inflated_size(header: Header) -> int:
    """Bytes of all rows, each with the one that says how it is filtered; 0 for what no decoder takes."""
    bits = header.depth * CHANNELS.get(header.color, 0)
    if not header.interlaced:
        return _rows_size(header.width, header.height, bits)
    return sum(
        _rows_size(-(-(header.width - left) // across), -(-(header.height - top) // down), bits)
        for left, top, across, down in PASSES
    )


def _rows_size(width: int, height: int, bits: int) -> int:
    return height * (1 + -(-width * bits // 8)) if width > 0 and height > 0 else 0


def _joined(chunks: Sequence[memoryview]) -> bytes:
    """Their data, which zlib's header begins."""
    for chunk in chunks:
        if chunk[-CRC:] != struct.pack(">I", zlib.crc32(chunk[HEAD - len(PIXELS) : -CRC])):
            raise BrokenImageError("The PNG's pixels are damaged.")
    data = b"".join([chunk[HEAD:-CRC] for chunk in chunks])
    header = int.from_bytes(data[:ZLIB_HEADER], "big")
    if header % ZLIB_MULTIPLE or header >> 8 & 15 != ZLIB_METHOD:
        raise BrokenImageError("The PNG's pixels aren't compressed as a PNG's are.")
    return data


def _inflate(data: bytes, most: int) -> Iterator[bytes]:
    """What `data` hold behind zlib's header, `most` bytes at most. Checksums aren't looked at: libpng only warns."""
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    for start in range(ZLIB_HEADER, len(data), READ):
        rest = data[start : start + READ]
        while rest and not inflater.eof:
            try:
                block = inflater.decompress(rest, STEP)
            except zlib.error as error:
                raise BrokenImageError(f"The PNG's pixels are damaged: {error}.") from error
            most -= len(block)
            if most < 0:
                raise BrokenImageError("The PNG's pixels inflate to more than its size needs: save it anew.")
            yield block
            rest = inflater.unconsumed_tail
