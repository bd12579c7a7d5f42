"""What is sent by POST: its media type, and bodies that a service must refuse as the client's fault."""

import json

from scoring.contract import Contract, InputKind
from scoring.errors import RequestError
from scoring.inputs.jpeg import JPEG_MAGIC, MAX_SCANS, walk_jpeg
from scoring.inputs.png import find_png_end

IMAGE = "application/octet-stream"
JSON = "application/json"
DEEPER = 8
"""Dimensions that a row of a wrong shape has more than the model's greatest tensor."""
BROKEN_IMAGE = b"\xff\xd8\xff\xe0 begins like a JPEG and ends here"
BROKEN_JSON = b'{"instances": [[1, 2'


def input_kind(contract: Contract | None) -> InputKind:
    """What a request carries; a model of before there were contracts takes images."""
    return contract.input.kind if contract else "jpeg"


def takes_json(contract: Contract | None) -> bool:
    return input_kind(contract) in ("tensors", "text")


def content_type(contract: Contract | None) -> str:
    """The media type of a request that the model takes."""
    return JSON if takes_json(contract) else IMAGE


def broken_body(contract: Contract | None) -> bytes:
    """A body that begins like a good one and ends too early."""
    return BROKEN_JSON if takes_json(contract) else BROKEN_IMAGE


def bad_bodies(contract: Contract | None, good: bytes) -> dict[str, bytes]:
    """Bodies that the model can't be asked by, by what is wrong with them; ``good`` is one that it can."""
    if takes_json(contract):
        return {
            "no body": b"",
            "not JSON": b"not JSON",
            "torn JSON": good[: len(good) // 3],
            "JSON without rows": b'{"data": [[0, 0, 0]]}',
            "a wrong shape": json.dumps({"instances": [_nested(_greatest_rank(contract) + DEEPER)]}).encode(),
        }
    return {
        "no body": b"",
        "not an image": b"not an image",
        "torn image": _torn(good),
        "JSON": b'{"data": [[0, 0, 0]]}',
    }


def _torn(good: bytes) -> bytes:
    """A third of the image itself: behind a phone's photo there may be a video that is longer."""
    try:
        end = walk_jpeg(good, 1, MAX_SCANS).end if good.startswith(JPEG_MAGIC) else find_png_end(good)
    except RequestError:
        end = len(good)
    return good[: end // 3]


def _greatest_rank(contract: Contract | None) -> int:
    return max((len(tensor.shape) for tensor in contract.input.tensors), default=0) if contract else 0


def _nested(depth: int) -> object:
    row: object = 0
    for _ in range(depth):
        row = [row]
    return row
