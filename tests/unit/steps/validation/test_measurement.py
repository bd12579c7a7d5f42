"""A regression of rows of JSON, measured with the real server and the real scoring code."""

import json
from pathlib import Path

import pytest
import tensorflow as tf

from config.settings import Settings
from scoring.contract import write_contract
from steps.scoring_environment import ROOT, scoring_variables
from steps.validation.checks import judge
from steps.validation.evidence import Evidence
from steps.validation.measurement import Questions, measure
from steps.validation.samples.loading import load
from tests.unit.steps.validation.contracts import contract

SUMS = contract("regression", "tensors")
ROWS = [[float(number), 1.0] for number in range(100)]


@pytest.fixture
def model_dir(tmp_path: Path) -> Path:
    """Answers the sum of a row of two numbers."""
    module = tf.Module()
    spec = tf.TensorSpec([None, 2], tf.float32, name="x")
    module.serve = tf.function(lambda x: {"y": tf.reduce_sum(x, 1, keepdims=True)}, input_signature=[spec])
    folder = tmp_path / "sums" / "1"
    tf.saved_model.save(module, str(folder / "model"), signatures={"serving_default": module.serve})
    write_contract(SUMS, folder)
    return folder


def test_a_regression_of_rows_is_asked_in_json_and_judged_by_its_errors(
    model_dir: Path, settings: Settings, tmp_path: Path
) -> None:
    lines = [json.dumps({"input": row, "value": sum(row) + 0.5}) for row in ROWS]
    (tmp_path / "samples.jsonl").write_text("\n".join(lines))
    questions = Questions(load(tmp_path, SUMS, 0), SUMS, settings)
    thresholds = settings.validation.model_copy(update={"mae_ceiling": 0.4})

    measured = measure(
        ROOT, model_dir, scoring_variables(settings, None), questions, tmp_path / "server.log", parity=True
    )
    status, checks = judge(Evidence("x", True, measured, None, task=questions.task), thresholds)

    assert status == "NOT_BLESSED"
    assert [str(check) for check in checks if check.outcome == "fail"] == [
        "mae_ceiling 0.5 (required: 0.4): 100 samples"
    ]
    assert {check.name: check.outcome for check in checks}.items() >= {
        ("errors", "pass"),
        ("output_shape", "pass"),
        ("optimisation_parity", "pass"),
        ("robustness", "pass"),
    }
    assert [answer.predicted for answer in measured.answers] == [sum(row) for row in ROWS]
