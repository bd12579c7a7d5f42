"""`python scoring/score.py FILE`, as a person runs it. What the server makes of score.py is an integration test."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf

from pipelines.sample_model import Sample
from scoring.contract import Contract, Input, Task, Tensor, write_contract
from tests.unit.scoring.conftest import Save

SCRIPT = Path(__file__).resolve().parents[3] / "scoring" / "score.py"


def score(*arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Isolated from the folder and the environment's Python path: nothing but the script's own place helps it."""
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    environment = {**os.environ, **environ}
    environment.pop("PYTHONPATH", None)
    return subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_one_file(sample: Sample) -> None:
    done = score(sample.validation / "digit-0000.jpg", "--model", sample.model)
    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert answer["class"] == answer["probabilities"].index(max(answer["probabilities"]))
    assert answer["probability"] == max(answer["probabilities"])


def test_json_for_a_version_with_a_contract(save: Save, tmp_path: Path) -> None:
    tensor = Tensor(name="x", dtype="float32", shape=(None,))
    task = Task(kind="regression", outputs=(Tensor(name="y", dtype="float32", shape=(None,)),), unit="kg")
    save(lambda x: {"y": 2 * x}, tf.TensorSpec([None], tf.float32, name="x"))
    form = Input(kind="tensors", tensors=(tensor,))
    write_contract(Contract(signature="serving_default", input=form, task=task), tmp_path)
    (tmp_path / "body.json").write_text('{"instances": [1, 2]}')
    done = score(tmp_path / "body.json", "--model", tmp_path)
    assert json.loads(done.stdout) == {"predictions": [{"value": 2, "unit": "kg"}, {"value": 4, "unit": "kg"}]}


@pytest.mark.parametrize(
    ("image", "model", "message"),
    [
        ("absent.jpg", "", "error: [Errno 2] No such file or directory"),
        ("digit-0000.jpg", "variables", "holds no SavedModel (saved_model.pb)."),
    ],
)
def test_errors_are_one_line(sample: Sample, image: str, model: str, message: str) -> None:
    done = score(sample.validation / image, "--model", sample.model / model, TF_CPP_MIN_LOG_LEVEL="3")
    assert done.returncode == 1
    assert done.stdout == ""
    last = done.stderr.strip().splitlines()[-1]
    assert message in last
    assert "Traceback" not in done.stderr
