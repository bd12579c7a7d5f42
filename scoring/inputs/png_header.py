"""What a PNG's header says. No pixel is decoded."""

import struct

from scoring.errors import BrokenImageError

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
HEADER_BYTES = 33  # magic number and IHDR, which comes first (w3.org/TR/png, section 5)


def read_png_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels. BrokenImageError when the header is cut short or isn't one."""
    # Not by Pillow, which reads every chunk up to the pixels, and inflates some: a small file can hold it for seconds.
    if data[12:16] != b"IHDR" or len(data) < HEADER_BYTES:
        raise BrokenImageError("The PNG header can't be read.")
    width, height = struct.unpack(">II", data[16:24])
    return width, height
