"""What init() makes of the process. How the service answers is an integration test."""

import gc
import sys
from collections.abc import Iterator

import orjson
import pytest
import tensorflow as tf

from scoring import service
from tests.unit.scoring.conftest import Save, brightness


@pytest.fixture
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The interpreter as it was."""
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    monkeypatch.setattr(service, "_running", None)
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("restored")
def test_a_bodys_lists_are_not_looked_through_again_while_they_are_made(save: Save) -> None:
    saved = save(brightness, tf.TensorSpec([None, 8, 8, 3], tf.float32, name="images"))
    service.start({"AZUREML_MODEL_DIR": str(saved.parent)})
    before = sum(generation["collections"] for generation in gc.get_stats()[1:])
    lists = orjson.loads(b"[" + b",".join([b"[]"] * 2**20) + b"]")
    again = sum(generation["collections"] for generation in gc.get_stats()[1:]) - before
    assert len(lists) == 2**20
    assert again <= 2
