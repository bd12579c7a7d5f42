import io
import random
import struct
import zlib
from contextlib import suppress

import pytest
from PIL import Image

from scoring.errors import (
    BrokenImageError,
    EmptyImageError,
    ImageError,
    ImageTooLargeError,
    TooManyScansError,
    UnsupportedColorsError,
    UnsupportedImageError,
)
from scoring.inputs.image import ImageReader, check_image
from scoring.inputs.jpeg_header import MAX_HEADER_BYTES, MAX_SCANS
from tests.unit.scoring.conftest import encode


def png(width: int, height: int) -> bytes:
    """A PNG that claims to be this large and holds no pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("size", "together"), [((10, 10), 10), ((10, 33), 3), ((40, 25), 1), ((40, 26), 1), ((0, 5), 1000)]
)
def test_images_of_a_size_are_together_what_one_may_be(size: tuple[int, int], together: int) -> None:
    body = png(*size)
    assert ImageReader(1000, by_size=True).read(body).together == together
    assert ImageReader(1000, by_size=False).read(body).together is None


@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_sound_images_pass(image_format: str, mode: str) -> None:
    check_image(encode("white", image_format, mode=mode), 40 * 30)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", EmptyImageError),
        (b"hello", UnsupportedImageError),
        (b'{"image": 1}', UnsupportedImageError),
        (encode("white", "GIF"), UnsupportedImageError),
        (encode("white", "BMP"), UnsupportedImageError),
        (encode("white", "WEBP"), UnsupportedImageError),
        (b"\xff\xd8\xff", BrokenImageError),
        (b"\xff\xd8", UnsupportedImageError),
        (b"\xff\xd8\xff\xda", BrokenImageError),
        (b"\xff\xd8\xff" + bytes(100), BrokenImageError),
        (encode("white")[:20], BrokenImageError),
        (encode("white", "PNG")[:20], BrokenImageError),
        (encode("white", size=(41, 30)), ImageTooLargeError),
        (png(41, 30), ImageTooLargeError),
        (png(10_000, 10_000), ImageTooLargeError),  # Pillow warns
        (png(2**31 - 1, 2**31 - 1), ImageTooLargeError),  # Pillow refuses
    ],
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_refusals(data: bytes, error: type[ImageError]) -> None:
    with pytest.raises(error):
        check_image(data, 40 * 30)


@pytest.mark.parametrize("image_format", ["JPEG", "PNG"])
def test_a_damaged_header_is_the_client_s_fault(image_format: str) -> None:
    sound = encode("red", image_format)
    chance = random.Random(7)  # noqa: S311 -- the same damage each time
    for _ in range(500):
        damaged = bytearray(sound[: chance.randrange(4, len(sound))])
        for _ in range(4):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        with suppress(ImageError):
            check_image(bytes(damaged), 10**6)


@pytest.mark.parametrize("progressive", [False, True])
def test_four_inks_are_refused(progressive: bool) -> None:
    file = io.BytesIO()
    Image.new("CMYK", (20, 10)).save(file, "JPEG", progressive=progressive)
    with pytest.raises(UnsupportedColorsError, match="CMYK: convert it to RGB or grey"):
        check_image(file.getvalue(), 1000)


@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_every_subsampling_passes(subsampling: int) -> None:
    file = io.BytesIO()
    Image.new("RGB", (20, 10)).save(file, "JPEG", subsampling=subsampling)
    check_image(file.getvalue(), 200)


def test_a_header_that_the_fast_reader_does_not_know_is_pillows_to_judge() -> None:
    data = bytearray(encode("white", "JPEG"))
    data[data.index(b"\xff\xc0") + 11] = 0x31  # luminance sampled 3 x 1: legal, and unknown to TurboJPEG
    check_image(bytes(data), 40 * 30)
    with pytest.raises(ImageTooLargeError):
        check_image(bytes(data), 40 * 30 - 1)


def test_nothing_behind_a_png_s_size_is_looked_at() -> None:
    """Pillow reads on, and inflates what it finds: a small file could hold the service for seconds."""
    check_image(png(20, 10)[:33] + b"\xff" * 1000, 200)


def test_a_jpeg_header_is_looked_for_in_the_first_part_only() -> None:
    data = bytearray(encode("white", "JPEG"))
    data[data.index(b"\xff\xc0") + 11] = 0x31  # so that Pillow has to judge
    comment = b"\xff\xfe" + (65_000).to_bytes(2, "big") + bytes(64_998)
    check_image(bytes(data[:2] + comment + data[2:]), 40 * 30)
    with pytest.raises(BrokenImageError, match=f"first {MAX_HEADER_BYTES} bytes"):
        check_image(bytes(data[:2] + 3 * comment + data[2:]), 40 * 30)


def test_scans_are_limited() -> None:
    file = io.BytesIO()
    Image.new("RGB", (20, 10)).save(file, "JPEG", progressive=True)
    sound = file.getvalue()
    check_image(sound, 200)
    with pytest.raises(TooManyScansError, match="more than 100 scans"):
        check_image(sound + MAX_SCANS * b"\xff\xda\x00", 200)


@pytest.mark.parametrize("between", [b"\x00", b"", b"\xff"])
def test_the_limit_of_scans_is_exact(between: bytes) -> None:
    sound = encode("white")
    assert sound.count(b"\xff\xda") == 1
    check_image(sound + (MAX_SCANS - 1) * (between + b"\xff\xda"), 40 * 30)
    with pytest.raises(TooManyScansError):
        check_image(sound + MAX_SCANS * (between + b"\xff\xda"), 40 * 30)


def test_what_only_resembles_a_scan_is_not_counted() -> None:
    check_image(encode("white") + 200 * b"\xff\x00\xda\xda\xff\xff\x00", 40 * 30)
