"""Image files that few programs write: sound ones that are odd, and ones made to cost what their size doesn't tell."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

MIB = 2**20
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
LONGEST_SEGMENT = 65_533  # bytes of a JPEG's segment, without its length
SCAN, END = b"\xff\xda", b"\xff\xd9"


def encoded(image: Image.Image, image_format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def grain(width: int, height: int, seed: int = 20) -> Image.Image:
    """Noise, which hardly compresses."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def zeros(mib: int) -> bytes:
    """A zlib stream of a thousandth of what it inflates to."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = deflater.compress(bytes(MIB)) + deflater.flush(zlib.Z_FULL_FLUSH)
    adler = mib * MIB % 65_521 << 16 | 1
    return b"\x78\xda" + block * mib + b"\x03\x00" + struct.pack(">I", adler)


def png(
    width: int, height: int, data: bytes, *, depth: int = 8, color: int = 0, interlaced: int = 0, before: bytes = b""
) -> bytes:
    """A PNG of this header and zlib stream; `before` are chunks between the two."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced)
    return PNG_MAGIC + chunk(b"IHDR", header) + before + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def pixel_bomb(mib: int) -> bytes:
    """A PNG of 8 x 8 pixels whose data inflate to `mib` MiB."""
    return png(8, 8, zeros(mib))


def text_bomb(count: int, kind: bytes = b"zTXt") -> bytes:
    """A sound PNG of 8 x 8 pixels with `count` texts that inflate to 7 MiB each, which libpng keeps."""
    head = b"\0\0" if kind == b"zTXt" else b"\0\1\0\0\0"
    text = head + zeros(7)
    texts = b"".join(chunk(kind, b"Comment%d" % number + text) for number in range(count))
    return png(8, 8, zlib.compress(bytes(72)), before=texts)


def segment(code: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, code, len(data) + 2) + data


def with_segments(jpeg: bytes, code: int, data: bytes) -> bytes:
    """The JPEG with `data`, such as a colour profile or a thumbnail, in as many segments as that takes."""
    parts = (data[start : start + LONGEST_SEGMENT] for start in range(0, len(data), LONGEST_SEGMENT))
    return jpeg[:2] + b"".join(segment(code, part) for part in parts) + jpeg[2:]


def profile(size: int) -> bytes:
    """Bytes as of a colour profile, with all the markers in them that a careless reader would stumble over."""
    noise = np.random.default_rng(7).integers(0, 256, size, np.uint8).tobytes()
    return (20 * (SCAN + END) + noise)[:size]


def motion_photo(jpeg: bytes, scans: int = 150) -> bytes:
    """As phones write it: behind the image a video, which holds bytes that look like a JPEG's scans."""
    return jpeg + b"\0\0\0\x18ftypmp42" + scans * (bytes(500) + SCAN) + bytes(10_000)


def more_scans(jpeg: bytes, count: int) -> bytes:
    """A progressive JPEG whose last scan is there `count` times more."""
    last, end = jpeg.rindex(SCAN), len(jpeg) - len(END)
    return jpeg[:end] + count * jpeg[last:end] + END


def empty_scans(width: int, height: int, count: int, code: int = 0xC2) -> bytes:
    """A progressive JPEG of `count` scans without data, arithmetic-coded with 0xCA: the decoder passes over all pixels
    for each of them."""
    parts = b"".join(bytes((number, 0x11, 0)) for number in (1, 2, 3))
    frame = segment(code, struct.pack(">BHHB", 8, height, width, 3) + parts)
    coefficients = [segment(SCAN[1], bytes((1, 1, 0, 1, 63, 0x06))) + b"\x55"] * (count - 1)
    first = segment(SCAN[1], bytes((3, 1, 0, 2, 0, 3, 0, 0, 0, 0x01))) + b"\x12\x34"
    return SCAN[:1] + b"\xd8" + segment(0xDB, bytes([0] + 64 * [1])) + frame + first + b"".join(coefficients) + END
