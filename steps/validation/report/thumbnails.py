"""Images as small pictures within a page."""

import base64
import io

from PIL import Image

from config.errors import ModelError
from scoring.errors import RequestError
from scoring.inputs.image import check_image

SIDE = 160  # pixels at most
QUALITY = 75
MOST_PIXELS = 2**25
"""Of an image that is decoded for this; a larger one is scored, but not shown."""


def thumbnail(data: bytes) -> str:
    """``data``, a JPEG or PNG, encoded anew as a JPEG of 30 kB at most, as the address of an ``img``.

    So nothing of the file itself comes into the page. ModelError, with the reason, for what isn't decoded.
    """
    try:
        check_image(data, MOST_PIXELS)
        with Image.open(io.BytesIO(data), formats=["JPEG", "PNG"]) as image:
            # Not turned by its EXIF orientation: TensorFlow doesn't either, and people should see what the model saw.
            image.thumbnail((SIDE, SIDE))
            pixels = image.convert("RGB")
        pixels.info.clear()  # a JPEG's comment would be written again
        small = io.BytesIO()
        pixels.save(small, "JPEG", quality=QUALITY)
    except RequestError as error:
        raise ModelError(str(error)) from error
    except Exception as error:  # decoders raise anything on a damaged file: one picture less
        raise ModelError(f"can't be decoded: {error}") from error
    return f"data:image/jpeg;base64,{base64.b64encode(small.getvalue()).decode()}"
