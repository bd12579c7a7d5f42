"""What a JPEG's header says, and whether the file is one that takes seconds to decode. No pixel is decoded."""

import io
import math

import numpy as np
import simplejpeg

from scoring.errors import BrokenImageError, TooManyScansError

JPEG_MAGIC = b"\xff\xd8\xff"
SCAN_MARKER = 0xFF, 0xDA  # in a scan's data, 0xFF is always followed by 0
MAX_SCANS = 100  # encoders write up to about ten; each makes the decoder pass over the whole image again
MAX_HEADER_BYTES = 128 * 2**10  # that Pillow may look through, segment by segment


def read_jpeg_header(data: bytes) -> tuple[float, float, str]:
    """Width and height in pixels and the colour space, in a twentieth of the time that Pillow takes to open a file.

    The sizes are infinite where Pillow calls the file a bomb. BrokenImageError when there is no sound header,
    TooManyScansError when decoding would take seconds.
    """
    octets = np.frombuffer(data, np.uint8)  # a quarter of the time of bytes.count
    if np.count_nonzero((octets[:-1] == SCAN_MARKER[0]) & (octets[1:] == SCAN_MARKER[1])) > MAX_SCANS:
        raise TooManyScansError(f"The JPEG has more than {MAX_SCANS} scans: save it anew.")
    try:
        height, width, colors, _ = simplejpeg.decode_jpeg_header(data, strict=False)
    except (ValueError, KeyError):  # it also fails on sound images of unusual subsampling, which Pillow can judge
        return _pillow_header(data[:MAX_HEADER_BYTES])
    return width, height, colors


def _pillow_header(data: bytes) -> tuple[float, float, str]:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            return image.width, image.height, image.mode
    except Image.DecompressionBombError:
        return math.inf, math.inf, "RGB"
    except TimeoutError:  # an OSError too: the server's own scoring timeout, which it must see
        raise
    except (OSError, ValueError, SyntaxError) as error:
        raise BrokenImageError(f"No JPEG header could be read in the first {MAX_HEADER_BYTES} bytes.") from error
