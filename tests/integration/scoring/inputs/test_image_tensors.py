"""A model of images of any size, several labels each, behind the real inference server."""

from collections.abc import Iterator
from typing import Any

import pytest
import tensorflow as tf
from PIL import Image

from scoring.contract import Contract, Input, Task, Tensor
from tests.integration.scoring.client.load import ask_all
from tests.integration.scoring.client.pictures import encode
from tests.integration.scoring.client.wire import Wire, post
from tests.integration.scoring.server.running import BATCHING, Running, serve
from tests.integration.scoring.server.versions import write_version

CONTRACT = Contract(
    signature="serving_default",
    input=Input(
        kind="image", tensors=(Tensor(name="image", dtype="float32", shape=(None, None, None, 3)),), scale="0-1"
    ),
    task=Task(
        kind="multilabel",
        outputs=(Tensor(name="p", dtype="float32", shape=(None, 3)),),
        labels=("red", "green", "blue"),
    ),
)
# JPEG gives a colour back but for a few of 256 steps.
COLORS = {"red": ["red"], "blue": ["blue"], "white": ["red", "green", "blue"], "black": [], "cyan": ["green", "blue"]}


def shares(image: Any) -> dict[str, Any]:
    return {"p": tf.clip_by_value(tf.reduce_mean(image, axis=[1, 2]), 0, 1)}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("images")
    version = write_version(folder, CONTRACT, shares, picture("red", (9, 7)))
    with serve(version, folder, **BATCHING) as running:
        yield running


def picture(color: str, size: tuple[int, int], image_format: str = "JPEG") -> bytes:
    return encode(Image.new("RGB", size, color), image_format)


def test_images_of_any_size_at_once(service: Running) -> None:
    wanted = [(color, (width, 20), kind) for color in COLORS for width in (5, 12, 30) for kind in ("JPEG", "PNG")] * 4
    answers = ask_all(service.port, [picture(*one) for one in wanted], concurrency=16)
    for (color, _, _), answer in zip(wanted, answers, strict=True):
        assert answer.json["labels"] == COLORS[color]
        assert answer.json["probabilities"] == pytest.approx([1] * len(COLORS[color]), abs=0.02)


def test_what_is_no_image(service: Running) -> None:
    with Wire(service.port) as wire:
        broken = wire.ask(post(picture("red", (60, 50))[:400]))
        assert (broken.status, broken.error) == (400, "BrokenImage")
        text = wire.ask(post(b'{"instances": [1]}'))
        assert (text.status, text.error) == (415, "UnsupportedImage")
    assert "Traceback" not in service.log.read_text(encoding="utf-8")
