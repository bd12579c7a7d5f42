import random
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from scoring.errors import BrokenImageError, ImageError, ImageTooLargeError
from scoring.inputs import png_data
from scoring.inputs.image import ImageReader
from scoring.inputs.png import MAX_CHUNKS
from scoring.inputs.png_data import HARMLESS, MOST_OUT, MOST_STORED, SLACK, Header, inflated_size
from tests.hostile_images import MIB, PNG_MAGIC, chunk, encoded, grain, pixel_bomb, png, text_bomb, zeros

READER = ImageReader(25_000_000, by_size=False)


def read(body: bytes) -> bytes:
    """What the decoder would be given."""
    READER.check(body)
    ((image,),) = READER.read(body).columns
    assert isinstance(image, bytes)
    return image


def decoded(image: bytes, **options: Any) -> Any:
    return tf.io.decode_image(image, expand_animations=False, **options).numpy()


@pytest.fixture
def inflated(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many bytes have come out of zlib."""
    lengths: list[int] = []
    inflate = png_data._inflate

    def counted(data: bytes, most: int) -> Any:
        for block in inflate(data, most):
            lengths.append(len(block))
            yield block

    monkeypatch.setattr(png_data, "_inflate", counted)
    return lambda: sum(lengths)


@pytest.fixture
def suspicious(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few bytes are looked at, too."""
    monkeypatch.setattr(png_data, "HARMLESS", 0)


@pytest.mark.parametrize("mib", [110, 9500])
def test_a_bomb_of_pixels_is_refused_before_it_has_gone_off(mib: int, inflated: Callable[[], int]) -> None:
    with pytest.raises(BrokenImageError, match="inflate to more than its size needs: save it anew"):
        read(pixel_bomb(mib))
    assert inflated() < 2 * MIB


def test_what_can_not_inflate_to_much_is_not_looked_at(inflated: Callable[[], int]) -> None:
    body = pixel_bomb(3)
    assert len(body) * MOST_OUT < HARMLESS
    assert read(body) is body
    with pytest.raises(BrokenImageError, match="inflate to more"):
        read(pixel_bomb(5))
    assert inflated() < 2 * MIB


KINDS = {
    "rgb": {"color": 2, "depth": 8},
    "rgb of 16 bits": {"color": 2, "depth": 16},
    "grey": {"color": 0, "depth": 8},
    "grey of 1 bit": {"color": 0, "depth": 1},
    "grey of 16 bits": {"color": 0, "depth": 16},
    "grey with alpha": {"color": 4, "depth": 16},
    "rgb with alpha": {"color": 6, "depth": 8},
    "palette of 4 bits": {"color": 3, "depth": 4},
}
SIZES = [(1, 1), (3, 200), (200, 3), (129, 131)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("interlaced", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_the_size_that_pixels_inflate_to_is_libpng_s(kind: str, interlaced: int, size: tuple[int, int]) -> None:
    """One byte less than it and TensorFlow has too few; as many are enough."""
    form = KINDS[kind]
    needed = inflated_size(Header(*size, **form, interlaced=interlaced))
    palette = chunk(b"PLTE", bytes(range(48))) if form["color"] == 3 else b""
    whole, short = (
        png(*size, zlib.compress(bytes(count)), **form, interlaced=interlaced, before=palette)
        for count in (needed, needed - 1)
    )
    assert decoded(whole).shape[:2] == size[::-1]
    with pytest.raises(tf.errors.InvalidArgumentError):
        decoded(short)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "1", "I;16"])
@pytest.mark.parametrize("channels", [0, 1, 3])
def test_what_is_handed_on_inflated_decodes_to_the_same(mode: str, channels: int, suspicious: None) -> None:
    noise = grain(70, 90)
    image = noise.convert("L").convert("I;16") if mode == "I;16" else noise.convert(mode)
    body = encoded(image, "PNG", **({"transparency": 3} if mode == "P" else {}))
    given = read(body)
    assert given is not body
    np.testing.assert_array_equal(decoded(given, channels=channels), decoded(body, channels=channels))


def test_a_large_one_is_looked_at_and_handed_on_as_it_is(inflated: Callable[[], int]) -> None:
    body = encoded(grain(1250, 1200), "PNG", compress_level=1)
    assert read(body) is body
    assert inflated() == 1200 * (1250 * 3 + 1) > MOST_STORED


@pytest.mark.parametrize(("more", "sound"), [(0, True), (SLACK, True), (SLACK + 1, False)])
def test_a_little_behind_the_last_pixel_is_forgiven(more: int, sound: bool, suspicious: None) -> None:
    needed = inflated_size(Header(200, 200, 8, 0, 0))
    pixels = np.random.default_rng(3).integers(0, 256, needed, np.uint8)
    pixels[::201] = 0  # no filter
    body = png(200, 200, zlib.compress(pixels.tobytes() + bytes(more)))
    if sound:
        np.testing.assert_array_equal(decoded(read(body)), decoded(body))
    else:
        with pytest.raises(BrokenImageError, match="inflate to more"):
            read(body)


@pytest.mark.parametrize("count", [1, 1000])
@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt"])
def test_texts_are_not_handed_to_the_decoder(kind: bytes, count: int) -> None:
    body = text_bomb(count, kind)
    given = read(body)
    assert len(given) < 200
    np.testing.assert_array_equal(decoded(given), np.zeros((8, 8, 1)))


def test_a_colour_profile_that_inflates_to_much_costs_the_decoder_nothing() -> None:
    """libpng itself goes by the length that the profile's head says, 8 MB at most."""
    body = png(8, 8, zlib.compress(bytes(72)), before=chunk(b"iCCP", b"name\0\0" + zeros(300)))
    assert read(body) is body
    np.testing.assert_array_equal(decoded(body), np.zeros((8, 8, 1)))


def test_what_comes_behind_the_end_is_left_out() -> None:
    body = encoded(grain(20, 10), "PNG")
    assert read(body) == body
    assert read(body + b"\x89PNG and a video" * 1000) == body


def test_an_animated_png_is_its_first_image() -> None:
    frames = [grain(20, 10, seed) for seed in range(3)]
    body = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(decoded(read(body), channels=3), np.asarray(frames[0]))


def test_chunks_are_limited() -> None:
    with pytest.raises(BrokenImageError, match="more than 20000 chunks"):
        read(png(8, 8, zlib.compress(bytes(72)), before=MAX_CHUNKS * chunk(b"tIME", b"")))


def test_many_small_chunks_of_pixels_are_one_stream(suspicious: None) -> None:
    body = encoded(grain(50, 50), "PNG")
    start, length = body.index(b"IDAT") - 4, struct.unpack(">I", body[body.index(b"IDAT") - 4 :][:4])[0]
    data = body[start + 8 : start + 8 + length]
    parts = b"".join(chunk(b"IDAT", data[at : at + 7]) for at in range(0, length, 7))
    split = body[:start] + chunk(b"IDAT", b"") + parts + body[start + 12 + length :]
    np.testing.assert_array_equal(decoded(read(split)), decoded(body))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "pixels are damaged"),  # its CRC
        (lambda data: chunk(b"IDAT", b"no zlib" + bytes(1000)), "aren't compressed as a PNG's are"),
        (lambda data: chunk(b"IDAT", data[8:10] + b"\xff" * 1000), "pixels are damaged: Error -3"),
    ],
)
def test_damaged_pixels_that_are_looked_at(damage: Callable[[bytes], bytes], message: str, suspicious: None) -> None:
    body = encoded(grain(100, 100), "PNG")
    start = body.index(b"IDAT") - 4
    end = start + 12 + struct.unpack_from(">I", body, start)[0]
    with pytest.raises(BrokenImageError, match=message):
        read(body[:start] + damage(body[start:end]) + body[end:])


@pytest.mark.parametrize("image", [Image.new("L", (200, 200)), grain(120, 120)])
def test_whatever_the_damage_it_is_the_client_s_fault_or_the_decoder_s_to_judge(
    image: Image.Image, suspicious: None
) -> None:
    sound = encoded(image, "PNG")
    chance = random.Random(7)  # noqa: S311 -- the same damage each time
    for _ in range(300):
        damaged = bytearray(sound[: chance.randrange(9, len(sound))])
        for _ in range(chance.randrange(8)):
            damaged[chance.randrange(8, len(damaged))] = chance.randrange(256)
        with suppress(ImageError):
            assert read(bytes(damaged)).startswith(PNG_MAGIC)


@pytest.mark.parametrize(("width", "height"), [(0, 5), (5, 0)])
@pytest.mark.parametrize("interlaced", [0, 1])
def test_no_pixels_are_the_decoder_s_to_judge(width: int, height: int, interlaced: int) -> None:
    body = png(width, height, zlib.compress(bytes(99)), interlaced=interlaced)
    assert read(body) is body
    with pytest.raises(tf.errors.InvalidArgumentError):
        decoded(body)


@pytest.mark.parametrize(("size", "sound"), [((10**6, 1), True), ((10**6 + 1, 1), False), ((1, 10**6 + 1), False)])
def test_no_side_is_longer_than_libpng_takes(size: tuple[int, int], sound: bool) -> None:
    body = png(*size, zlib.compress(bytes(inflated_size(Header(*size, 8, 0, 0)))))
    if sound:
        READER.check(body)
        assert decoded(body).shape[:2] == size[::-1]
    else:
        with pytest.raises(ImageTooLargeError, match="wider or higher than 1000000 pixels"):
            READER.check(body)
        with pytest.raises(tf.errors.InvalidArgumentError):
            decoded(body)


@pytest.mark.parametrize(
    ("depth", "color"), [(255, 6), (3, 0), (16, 3), (4, 2), (8, 1), (8, 5), (8, 7), (0, 0), (1, 4), (32, 2)]
)
def test_a_depth_that_no_png_has_is_refused_before_it_is_believed(
    depth: int, color: int, inflated: Callable[[], int]
) -> None:
    """Else 25 million pixels of 255 bits and four channels inflate to 3 GB, before libpng refuses them."""
    body = png(500, 500, zeros(1), depth=depth, color=color)
    with pytest.raises(BrokenImageError, match=f"depth {depth} and colour type {color}, which no PNG has"):
        READER.check(body)
    with pytest.raises(tf.errors.InvalidArgumentError):
        decoded(body)
    assert inflated() == 0
