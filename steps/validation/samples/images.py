"""Is a file an image that the service takes? By its bytes, without TensorFlow."""

import os
import warnings
from pathlib import Path

from steps.validation.samples.bodies import LONGEST_BODY

MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
"""How JPEG and PNG begin, the two that the service takes."""
ENDS = (b"\xff\xd9", b"IEND\xaeB`\x82")
"""How they end (JPEG's EOI, PNG's last chunk), but for what some programs add."""
TAIL = 64  # bytes, in which the end is looked for
NOT_DECODED = "can't be decoded, it is truncated or damaged: copy it again, or remove it"


def image_problem(path: Path, listed: int | None, *, decoded: bool = False) -> str | None:
    """What is wrong with an image; of one of `listed` bytes that wasn't brought, only whether it is too large.

    It is decoded where `decoded`, or where its end is missing.
    """
    try:
        head, tail, size = _ends(path)
    except FileNotFoundError:
        if listed is None:
            return "can't be read: No such file or directory"
        return _too_large(listed)
    except OSError as error:
        return f"can't be read: {error.strerror}"
    if not head.startswith(MAGIC):
        return "neither JPEG nor PNG, which is what the service takes: convert it" if size else "an empty file"
    ended = any(end in tail for end in ENDS)
    return _too_large(size) or (NOT_DECODED if (decoded or not ended) and not _decodes(path) else None)


def _ends(path: Path) -> tuple[bytes, bytes, int]:
    """How the file begins and ends, and its bytes."""
    with path.open("rb") as file:
        head = file.read(len(MAGIC[-1]))
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - TAIL))
        return head, file.read(TAIL), size


def _too_large(size: int) -> str | None:
    return f"{size:,} bytes, the service takes {LONGEST_BODY:,} at most" if size > LONGEST_BODY else None


def _decodes(path: Path) -> bool:
    """Whether Pillow reads every pixel; of a bomb, which the service refuses by its header, none is read."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path) as image:
                image.load()
        except (Image.DecompressionBombWarning, Image.DecompressionBombError):
            return True
        except (OSError, SyntaxError, ValueError):  # whatever Pillow raises for what is no sound image
            return False
    return True
