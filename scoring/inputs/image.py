"""Which images are scored: JPEG and PNG within limits, told before any pixel is decoded."""

from scoring.errors import (
    EmptyImageError,
    ImageTooLargeError,
    RequestError,
    UnsupportedColorsError,
    UnsupportedImageError,
)
from scoring.inputs.examples import Examples
from scoring.inputs.jpeg_header import JPEG_MAGIC, read_jpeg_header
from scoring.inputs.png_header import PNG_MAGIC, read_png_size

FOUR_INKS = ("CMYK", "YCCK")  # for printers; TensorFlow doesn't decode them, and no classifier was trained on them


class ImageReader:
    """Images, each a request.

    `by_size`: those of one call of the model must have one size, and have `max_pixels` together at most.
    """

    usage = "POST the bytes of a JPEG or PNG image."

    def __init__(self, max_pixels: int, *, by_size: bool) -> None:
        self._max_pixels = max_pixels
        self._by_size = by_size

    def check(self, body: bytes) -> None:
        """Raise the ImageError that keeps `body` from being scored."""
        check_image(body, self._max_pixels)

    def read(self, body: bytes) -> Examples:
        """The image as a row; it was checked before."""
        if not self._by_size:
            return Examples(([body],), 1, ())
        width, height, _ = read_header(body)
        pixels = max(1, width * height)  # a PNG may say that it has none
        return Examples(([body],), 1, (width, height), together=max(1, int(self._max_pixels // pixels)))

    def too_large(self, max_bytes: int) -> RequestError:
        """The error for a body of more than `max_bytes`."""
        return ImageTooLargeError(f"The body has more than {max_bytes} bytes, the most that this service takes.")


def check_image(data: bytes, max_pixels: int) -> None:
    """Raise the ImageError that keeps `data` from being scored; only the magic number and the header are read.

    Runs on the event loop: an image takes it microseconds, and the worst of bodies some 25 ms.
    """
    width, height, colors = read_header(data)
    if colors in FOUR_INKS:
        raise UnsupportedColorsError(f"The image's colours are {colors}: convert it to RGB or grey.")
    if width * height > max_pixels:
        raise ImageTooLargeError(f"The image has more than {max_pixels} pixels, the most that this service takes.")


def read_header(data: bytes) -> tuple[float, float, str]:
    """Width and height in pixels, and colour space. ImageError for what is neither JPEG nor PNG."""
    if data.startswith(JPEG_MAGIC):
        return read_jpeg_header(data)
    if data.startswith(PNG_MAGIC):
        return *read_png_size(data), "RGB"
    if data:
        raise UnsupportedImageError(
            "The body is neither JPEG nor PNG: send the image's bytes alone, not a form or JSON."
        )
    raise EmptyImageError("The body is empty: send the bytes of a JPEG or PNG image.")
