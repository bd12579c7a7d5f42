"""`python scoring/score.py IMAGE`, as a person runs it. What the server makes of score.py is an integration test."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.sample_model import Sample

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
