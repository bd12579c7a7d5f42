"""Pictures for the zoo's models: each is one colour with some noise."""

import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

BRIGHT, DARK = 200, 40


def picture(parts: Sequence[float], side: int = 24, seed: int = 0) -> bytes:
    """A JPEG whose channels have about these values from 0 to 255; one value makes it grey."""
    random = np.random.default_rng(seed)
    pixels = np.clip(np.array(parts) + random.normal(0, 12, (side, side, len(parts))), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels if len(parts) == 3 else pixels[:, :, 0]).save(file, "JPEG", quality=95)
    return file.getvalue()


def colour(index: int, seed: int = 0) -> bytes:
    """A picture of class `index`: red, green, blue."""
    return picture([BRIGHT if channel == index else DARK for channel in range(3)], seed=seed)
