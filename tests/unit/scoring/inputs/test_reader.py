"""Which reader a contract gets."""

from typing import Any

import pytest

from scoring.contract import Contract, Input, Task, Tensor
from scoring.errors import ImageTooLargeError
from scoring.inputs.reader import open_reader
from scoring.settings import ServiceSettings
from tests.unit.scoring.inputs.test_image import png


@pytest.mark.parametrize(
    ("form", "limit", "side"),
    [
        ({"kind": "jpeg"}, None, 5000),
        ({"kind": "image", "size": (8, 8)}, None, 5000),
        ({"kind": "image"}, None, 2000),
        ({"kind": "image"}, 9_000_000, 3000),
        ({"kind": "jpeg"}, 9_000_000, 3000),
    ],
)
def test_an_image_may_be_as_large_as_the_model_has_memory_for(
    form: dict[str, Any], limit: int | None, side: int
) -> None:
    images = Tensor(name="x", dtype="uint8", shape=(None, None, None, 3))
    task = Task(kind="regression", outputs=(Tensor(name="y", dtype="float32", shape=(None,)),))
    contract = Contract(signature="serving_default", input=Input(tensors=(images,), **form), task=task)
    reader = open_reader(contract, ServiceSettings(max_pixels=limit))
    reader.check(png(side, side))
    with pytest.raises(ImageTooLargeError, match=f"more than {side**2} pixels"):
        reader.check(png(side, side + 1))
