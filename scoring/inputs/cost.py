"""What decoding an image costs, told before it is decoded, in pixels of a plain JPEG: some 3 ns of a core each.

Measured with TensorFlow 2.21 on 2000 x 2000 pixels, ns a pixel: JPEG photographs 2.6 to 4.7, progressive ones of 10
scans 6.9 to 12, of 30 scans 44; PNG 29, inflating them twice included; interlacing adds 5. What is to be inflated
behind a PNG's last pixel takes 2.1 ns a byte.
"""

from scoring.inputs.png_data import Header, inflated_size

BATCH = 200_000_000
"""What one batch may cost: as much as eight plain JPEGs of 25 million pixels, so that who comes behind it waits for no
more, or for the one image that costs more by itself."""
A_SCAN = 0.5  # where there are several, each passes over all pixels' coefficients
AN_INFLATED_BYTE = 3
INTERLACING = 2


def of_jpeg(pixels: int, scans: int) -> float:
    """By its size and scans."""
    return pixels * (1 + A_SCAN * scans) if scans > 1 else pixels


def of_png(header: Header, hidden: int) -> float:
    """By its header, where its data may inflate to `hidden` bytes."""
    interlacing = INTERLACING * header.width * header.height if header.interlaced else 0
    return AN_INFLATED_BYTE * inflated_size(header) + interlacing + hidden
