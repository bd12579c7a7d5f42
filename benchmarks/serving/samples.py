"""What every service is asked about: 64 different JPEGs of 224 x 224 pixels, or rows of numbers.

They are the same on every machine.
"""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

COUNT = 64
SIDE = 224  # pixels
COARSE = 14  # cells a side of the smooth part
QUALITY = 90
SEED = 20
FEATURES = 256


def images() -> list[bytes]:
    """COUNT JPEGs of 15 to 40 kB: smooth colour fields under grain, which grows from image to image."""
    random = np.random.default_rng(SEED)
    return [_jpeg(random, grain) for grain in np.linspace(6, 22, COUNT)]


def rows(count: int) -> list[npt.NDArray[np.float32]]:
    """COUNT times [`count`, FEATURES], standard normal."""
    return [*np.random.default_rng(SEED).standard_normal((COUNT, count, FEATURES), np.float32)]


def _jpeg(random: np.random.Generator, grain: float) -> bytes:
    pixels = _smooth(random) + random.normal(0, grain, (SIDE, SIDE, 1))
    file = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def _smooth(random: np.random.Generator) -> npt.NDArray[np.float64]:
    cells = random.integers(0, 256, (COARSE, COARSE, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(cells).resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.float64)
