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
    UnsupportedImageError,
)
from scoring.inputs.image import TOGETHER, ImageReader, check_image
from tests.hostile_images import empty_scans, grain, zeros
from tests.hostile_images import encoded as encode_as
from tests.hostile_images import png as png_of
from tests.unit.scoring.conftest import encode


def png(width: int, height: int) -> bytes:
    """A PNG that claims to be this large and holds no pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("size", "together"), [((10, 10), 10), ((10, 33), 3), ((40, 25), 1), ((20, 26), 1), ((0, 5), 1000)]
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


@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_every_subsampling_passes(subsampling: int) -> None:
    file = io.BytesIO()
    Image.new("RGB", (20, 10)).save(file, "JPEG", subsampling=subsampling)
    check_image(file.getvalue(), 200)


def test_unusual_sampling_passes() -> None:
    data = bytearray(encode("white", "JPEG"))
    data[data.index(b"\xff\xc0") + 11] = 0x31  # luminance sampled 3 x 1
    check_image(bytes(data), 40 * 30)
    with pytest.raises(ImageTooLargeError):
        check_image(bytes(data), 40 * 30 - 1)


def test_the_images_of_a_batch_say_how_much_of_its_memory_they_take() -> None:
    body = png(100, 50)
    for by_size in (False, True):
        assert ImageReader(5000, by_size=by_size).read(body).share == 1 / TOGETHER


LARGE = ImageReader(25_000_000, by_size=False)
SIDE = 5000  # pixels of the largest square


def empty(depth: int = 8, color: int = 2, interlaced: int = 0, data: bytes = b"") -> bytes:
    """The largest PNG, of few bytes: what it costs is told before it is decoded."""
    return png_of(SIDE, SIDE, data or zlib.compress(bytes(1000)), depth=depth, color=color, interlaced=interlaced)


@pytest.mark.parametrize(
    ("body", "at_least", "below"),
    [
        (empty_scans(SIDE, SIDE, 1, 0xC0), 1 / 8, 0.126),
        (empty_scans(SIDE, SIDE, 10), 0.5, 1),
        (empty_scans(SIDE, SIDE, 19), 1, 2),
        (empty(), 1, 1.3),
        (empty(depth=16, color=6), 2.5, 4),
        (empty(depth=16, color=6, interlaced=1), 3, 4),
        (empty(depth=8, color=0), 0.3, 0.5),
        (encode_as(grain(224, 224), "JPEG"), 0, 1 / 1000),
        (encode_as(grain(224, 224), "JPEG", progressive=True), 0, 1 / 500),
        (encode_as(grain(224, 224), "PNG"), 0, 1 / 300),
        (encode_as(grain(30, 30), "PNG"), 0, 1 / 64),  # may inflate to 3 MB: isn't looked at
    ],
)
def test_an_image_s_share_of_a_batch_goes_by_what_decoding_costs(body: bytes, at_least: float, below: float) -> None:
    assert at_least <= LARGE.read(body).share < below


def test_scans_that_are_found_by_walking_count_as_well() -> None:
    body = empty_scans(SIDE, SIDE, 19)
    assert LARGE.read(body + b"a video").share == LARGE.read(body).share


def test_what_a_few_bytes_may_inflate_to_counts() -> None:
    small, smaller = (png_of(8, 8, zeros(mib)) for mib in (3, 1))
    assert LARGE.read(small).share > 2 * LARGE.read(smaller).share > 1 / 400


def test_what_is_refused_after_it_was_inflated_has_cost_as_much() -> None:
    data = zeros(1 + (SIDE * (6 * SIDE + 1) >> 20) + 1)
    body = empty(depth=16, data=data)
    with pytest.raises(BrokenImageError, match="inflate to more") as refused:
        LARGE.read(body)
    assert refused.value.share > 1


@pytest.mark.parametrize(("size", "weight"), [((1000, 1000), 0), ((1001, 1000), 1_001_000), ((0, 5), 0)])
def test_a_large_image_weighs_in_the_queue(size: tuple[int, int], weight: int) -> None:
    assert LARGE.check(png(*size)) == weight
