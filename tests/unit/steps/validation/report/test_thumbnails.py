import base64
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from config.errors import ModelError
from steps.validation.report.thumbnails import SIDE, thumbnail

PREFIX = "data:image/jpeg;base64,"
ATTACK = b"<script>alert(1)</script>"


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8))


def decoded(address: str) -> tuple[bytes, Image.Image]:
    assert address.startswith(PREFIX)
    data = base64.b64decode(address.removeprefix(PREFIX))
    return data, Image.open(io.BytesIO(data))


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_large_image_becomes_a_small_one(form: str) -> None:
    data, image = decoded(thumbnail(encoded(noise(1600, 800), form)))

    assert image.size == (SIDE, SIDE // 2)
    assert len(data) < 30_000


def test_the_worst_of_images_is_still_small() -> None:
    assert len(thumbnail(encoded(noise(SIDE, SIDE), "PNG"))) < 40_000


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_pixels_is_shown(mode: str) -> None:
    image = Image.new(mode, (9, 5))
    assert decoded(thumbnail(encoded(image, "PNG")))[1].size == (9, 5)


def test_nothing_but_the_pixels_comes_into_the_page() -> None:
    exif = Image.Exif()
    exif[0x010E] = ATTACK.decode()
    about = PngInfo()
    about.add_text("Comment", ATTACK.decode())
    jpeg = encoded(noise(50, 50), "JPEG", exif=exif, comment=ATTACK)
    png = encoded(noise(50, 50), "PNG", pnginfo=about)

    for file in (jpeg + ATTACK, png + ATTACK):
        assert ATTACK in file
        assert ATTACK not in decoded(thumbnail(file))[0]


def test_an_image_is_shown_as_the_model_sees_it() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a viewer would turn it
    assert decoded(thumbnail(encoded(noise(60, 30), "JPEG", exif=exif)))[1].size == (60, 30)


def huge() -> bytes:
    """A PNG of a few bytes that says to have 10^10 pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


@pytest.mark.parametrize(
    "data",
    [b"", b"<svg onload='alert(1)'/>", encoded(noise(50, 50), "JPEG")[:200], encoded(noise(50, 50), "GIF"), huge()],
)
def test_what_is_not_decoded_is_told(data: bytes) -> None:
    with pytest.raises(ModelError):
        thumbnail(data)
