"""Images for tests: digits that all differ, files of every kind, and one that takes long."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SHIFT = 8  # pixels, of the sample's 64
NOISE = 12.0  # grey levels, standard deviation
SLOW_SIDE = 4900  # pixels: just below the largest allowed image


def distinct_digits(validation: Path, count: int, seed: int) -> Iterator[bytes]:
    """`count` JPEGs that all differ: the sample's held-out digits, shifted and noised."""
    random = np.random.default_rng(seed)
    digits = [np.asarray(Image.open(file), np.float32) for file in sorted(validation.glob("*.jpg"))]
    for number in range(count):
        digit = digits[number % len(digits)]
        shifted = np.roll(digit, random.integers(-SHIFT, SHIFT + 1, 2), (0, 1))
        noised = shifted + random.normal(0, NOISE, shifted.shape)
        yield encode(Image.fromarray(noised.clip(0, 255).astype(np.uint8)), "JPEG", quality=90)


def slow_image() -> bytes:
    """An image of few bytes that keeps a lane busy for as long as possible."""
    return encode(Image.new("L", (SLOW_SIDE, SLOW_SIDE)), "PNG")


def encode(image: Image.Image, image_format: str, **options: Any) -> bytes:
    """`image` as a file."""
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def kinds() -> dict[str, bytes]:
    """A small file of every kind that a client may send, by name."""
    grain = np.random.default_rng(20).integers(0, 256, (40, 50, 3), np.uint8)
    color = Image.fromarray(grain)
    frames: dict[str, Any] = {"save_all": True, "append_images": [color.rotate(90), color.rotate(180)]}
    return {
        "grey JPEG": encode(color.convert("L"), "JPEG"),
        "JPEG": encode(color, "JPEG"),
        "progressive JPEG": encode(color, "JPEG", progressive=True),
        "JPEG without subsampling": encode(color, "JPEG", subsampling=0, exif=Image.Exif()),
        "CMYK JPEG": encode(color.convert("CMYK"), "JPEG"),
        "PNG": encode(color, "PNG"),
        "grey PNG": encode(color.convert("L"), "PNG"),
        "transparent PNG": encode(color.convert("RGBA"), "PNG"),
        "palette PNG": encode(color.convert("P"), "PNG"),
        "bilevel PNG": encode(color.convert("1"), "PNG"),
        "16-bit PNG": encode(color.convert("L").convert("I;16"), "PNG"),
        "animated PNG": encode(color, "PNG", **frames),
        "GIF": encode(color, "GIF"),
        "animated GIF": encode(color, "GIF", **frames),
        "WebP": encode(color, "WEBP"),
        "BMP": encode(color, "BMP"),
        "TIFF": encode(color, "TIFF"),
        "ICO": encode(color, "ICO"),
    }
