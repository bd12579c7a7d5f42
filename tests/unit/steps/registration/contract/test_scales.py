from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest

from scoring.contract import Contract, Input, Task, Tensor
from scoring.model.network import Column
from steps.registration.contract.opening import Arrays
from steps.registration.contract.scales import try_scales
from steps.validation.samples.sample import Sample
from tests.unit.scoring.conftest import encode

PIXELS = Tensor(name="x", dtype="float32", shape=(None, 8, 8, 3))
SAMPLES = [
    Sample(f"{color}.png", partial(encode, color, "PNG", (8, 8)), truth)
    for color, truth in (("#141414", 0), ("#e6e6e6", 1))
]


def bright(columns: Sequence[Column]) -> Arrays:
    """Whether an image is: right about values from 0 to 1 alone."""
    mean = float(np.mean(np.asarray(columns[0])))
    second = mean if 0 <= mean <= 1 else 0.0
    return {"y": np.array([[1 - second, second]], np.float32)}


@pytest.mark.parametrize("columns", [1, 2])
def test_the_second_class_of_two_is_looked_at(columns: int) -> None:
    task = Task(kind="binary", outputs=(Tensor(name="y", dtype="float32", shape=(None, columns)),))
    contract = Contract(
        signature="serving_default", input=Input(kind="image", tensors=(PIXELS,), size=(8, 8)), task=task
    )

    fits = try_scales(lambda given: {"y": bright(given)["y"][:, -columns:]}, contract, SAMPLES)

    assert (fits[0].scale, fits[0].accuracy) == ("0-1", 1.0)
