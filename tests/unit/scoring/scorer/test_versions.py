"""A registered version's own contract and probe."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from scoring.contract import FILE, PROBE_FILE, Task, Tensor, write_contract
from scoring.errors import (
    StartupError,
)
from scoring.scorer import Scorer, open_scorer
from scoring.settings import ServiceSettings
from tests.unit.scoring.conftest import Save
from tests.unit.scoring.scorer.models import FOUR, contract, instances, spec, tensor, values


def version(save: Save, probe: bytes) -> Path:
    """A registered version of a model that knows three words, with this file."""
    saved = save(lambda x: {"y": tf.gather([1.0, 2.0, 3.0], x - 5)}, spec(tensor("int32")))
    write_contract(contract(tensor("int32")), saved.parent)
    (saved.parent / PROBE_FILE).write_bytes(probe)
    return saved.parent


def test_a_versions_contract_and_probe_are_used(save: Save) -> None:
    folder = version(save, instances(6, 99))
    for path in (folder, folder / "model"):
        scorer = open_scorer(path, FOUR)
        assert (scorer.contract.task.kind, scorer.device) == ("regression", "CPU:0")
        assert values(scorer.predict([instances(7)])[0]) == [3]


@pytest.mark.parametrize(
    ("probe", "message"),
    [
        (instances(1), "failed on the version's file 'probe': .*not in"),
        (instances(1.5), "'probe' is no request for this model: Input 'x': int32 .rows. was given a fraction"),
        (b"", "'probe' is no request for this model: The body is empty"),
    ],
)
def test_a_probe_that_the_model_refuses_stops_the_start(save: Save, probe: bytes, message: str) -> None:
    with pytest.raises(StartupError, match=message):
        open_scorer(version(save, probe), FOUR)


def test_a_damaged_contract_stops_the_start(save: Save) -> None:
    folder = version(save, instances(6))
    (folder / FILE).write_text('{"signature": 1}')
    with pytest.raises(
        StartupError,
        match=r"contract\.json is damaged: signature: Input should be a valid string; input: ",
    ):
        open_scorer(folder, FOUR)


def test_an_untried_model_is_no_model_on_a_gpu(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scoring.scorer.prepare_gpus", lambda _: False)
    folder = version(save, b"")
    (folder / PROBE_FILE).unlink()
    with pytest.raises(StartupError, match="TensorFlow ran the model on unknown"):
        open_scorer(folder, ServiceSettings(require_gpu=True))


def test_labels_and_logits_of_a_version(build: Callable[..., Scorer]) -> None:
    task = Task(
        kind="classification",
        outputs=(Tensor(name="y", dtype="float32", shape=(None, 2)),),
        logits=True,
        labels=("no", "yes"),
    )
    scorer = build(lambda x: x, tensor("float32", 2), task=task)
    (answer,) = scorer.predict([instances([0, np.log(3)])])
    (prediction,) = json.loads(answer.to_json())["predictions"]
    assert (prediction["class"], prediction["label"]) == (1, "yes")
    assert prediction["probability"] == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: 1 / x, "gave no finite numbers for the version's file 'probe'"),
        (tf.reduce_sum, r"The output 'y' has the shape \[\], the contract says \[None\]"),
        (lambda x: tf.tile(x, [2]), "Output 'y' has 2 rows for 1 inputs instead of one each"),
    ],
)
def test_outputs_that_are_not_sound_stop_the_start(save: Save, function: Callable[..., Any], message: str) -> None:
    saved = save(lambda x: {"y": function(x)}, spec(tensor("float32")))
    with pytest.raises(StartupError, match=message):
        Scorer(saved, contract(tensor("float32")), FOUR, probe=instances(0))
