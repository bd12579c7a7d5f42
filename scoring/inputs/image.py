"""Which images are scored: JPEG and PNG within limits, told before any pixel is decoded."""

from scoring.errors import EmptyImageError, ImageTooLargeError, UnsupportedColorsError, UnsupportedImageError
from scoring.inputs.jpeg_header import JPEG_MAGIC, read_jpeg_header
from scoring.inputs.png_header import PNG_MAGIC, read_png_size

FOUR_INKS = ("CMYK", "YCCK")  # for printers; TensorFlow doesn't decode them, and no classifier was trained on them


def check_image(data: bytes, max_pixels: int) -> None:
    """Raise the ImageError that keeps `data` from being scored; only the magic number and the header are read.

    Runs on the event loop: an image takes it microseconds, and the worst of bodies some 25 ms.
    """
    if data.startswith(JPEG_MAGIC):
        width, height, colors = read_jpeg_header(data)
    elif data.startswith(PNG_MAGIC):
        width, height, colors = *read_png_size(data), "RGB"
    elif data:
        raise UnsupportedImageError(
            "The body is neither JPEG nor PNG: send the image's bytes alone, not a form or JSON."
        )
    else:
        raise EmptyImageError("The body is empty: send the bytes of a JPEG or PNG image.")
    if colors in FOUR_INKS:
        raise UnsupportedColorsError(f"The image's colours are {colors}: convert it to RGB or grey.")
    if width * height > max_pixels:
        raise ImageTooLargeError(f"The image has more than {max_pixels} pixels, the most that this service takes.")
