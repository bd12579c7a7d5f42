"""Which images are scored: JPEG and PNG within limits, told before any pixel is decoded; and of a body, the image."""

from scoring.errors import (
    BrokenImageError,
    EmptyImageError,
    ImageError,
    ImageTooLargeError,
    RequestError,
    UnsupportedColorsError,
    UnsupportedImageError,
)
from scoring.inputs import cost
from scoring.inputs.examples import Examples
from scoring.inputs.jpeg import FOUR_INKS, JPEG_MAGIC, Frame, measure_jpeg, read_frame
from scoring.inputs.png import PNG_MAGIC, own_png, read_png_header
from scoring.inputs.png_data import Header

TOGETHER = 8
"""Images of the most pixels that one batch may hold: what is decoded at once has 600 MB at 3 bytes a pixel."""

LIGHT = 1_000_000
"""Pixels of an image that doesn't wait behind many larger ones."""


class ImageReader:
    """Images, each a request.

    `by_size`: those of one call of the model must have one size, and have `max_pixels` together at most.
    """

    usage = "POST the bytes of a JPEG or PNG image."

    def __init__(self, max_pixels: int, *, by_size: bool) -> None:
        self._max_pixels = max_pixels
        self._by_size = by_size

    def check(self, body: bytes) -> int:
        """Its pixels, 0 for LIGHT ones. Raises the ImageError that keeps it from being scored, as its header tells."""
        header = check_image(body, self._max_pixels)
        pixels = header.width * header.height
        return pixels if pixels > LIGHT else 0

    def read(self, body: bytes) -> Examples:
        """The image as a row, without what else is in the body. Raises the ImageError of one that isn't to be decoded.

        A lane's work: the worst of bodies take it as long as decoding the largest image, and the error says so.
        """
        header = check_image(body, self._max_pixels)
        pixels = max(1, header.width * header.height)  # a PNG may say that it has none
        image, costs = own_image(body, header, pixels, self._max_pixels)
        share = max(pixels / (TOGETHER * self._max_pixels), costs / cost.BATCH)
        if not self._by_size:
            return Examples(([image],), 1, (), share=share)
        together = max(1, self._max_pixels // pixels)
        return Examples(([image],), 1, (header.width, header.height), together=together, share=share)

    def too_large(self, max_bytes: int) -> RequestError:
        """The error for a body of more than `max_bytes`."""
        return ImageTooLargeError(f"The body has more than {max_bytes} bytes, the most that this service takes.")


def check_image(data: bytes, max_pixels: int) -> Frame | Header:
    """Its header; raises the ImageError that keeps `data` from being scored, as that tells.

    Runs on the event loop: an image takes it microseconds, and the worst of bodies some 5 ms.
    """
    header = read_header(data)
    if header.width * header.height > max_pixels:
        raise ImageTooLargeError(f"The image has more than {max_pixels} pixels, the most that this service takes.")
    return header


def read_header(data: bytes) -> Frame | Header:
    """A JPEG's or PNG's. ImageError for what is neither."""
    if data.startswith(JPEG_MAGIC):
        return read_frame(data)
    if data.startswith(PNG_MAGIC):
        return read_png_header(data)
    if data:
        raise UnsupportedImageError(
            "The body is neither JPEG nor PNG: send the image's bytes alone, not a form or JSON."
        )
    raise EmptyImageError("The body is empty: send the bytes of a JPEG or PNG image.")


def undecoded(data: bytes) -> ImageError:
    """What is told of an image that was let pass, but that the decoder refused."""
    if data.startswith(JPEG_MAGIC) and read_frame(data).inks == FOUR_INKS:  # TensorFlow makes RGB of it, but not grey
        return UnsupportedColorsError("The image's colours are CMYK, and the model takes grey ones: convert it.")
    return BrokenImageError("The model can't decode the image: it is damaged, or of a rare kind.")


def own_image(data: bytes, header: Frame | Header, pixels: int, max_pixels: int) -> tuple[bytes, float]:
    """The part of `data`, which has so many pixels, that is the image; and what it costs the decoder that is given it.

    All of it, where that is harmless: what another JPEG is behind, as of the other eye, the decoder doesn't look at.

    ImageError where decoding would take far more time or memory than the image's size tells.
    """
    if isinstance(header, Header):
        return _own_png(data, header)
    extent = measure_jpeg(data, header, pixels, max_pixels)
    return data[: extent.end], cost.of_jpeg(pixels, extent.scans)


def _own_png(data: bytes, header: Header) -> tuple[bytes, float]:
    try:
        own, hidden = own_png(data, header)
    except ImageError as error:  # once its pixels were inflated, perhaps
        error.share = cost.of_png(header, 0) / cost.BATCH
        raise
    return own, cost.of_png(header, hidden)
