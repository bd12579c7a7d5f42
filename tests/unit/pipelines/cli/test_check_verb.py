"""`amlgpu check`: real models, looked at in a real process; no workspace."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipelines.cli.main import app
from tests.zoo import keras_models, tf_modules

Check = Callable[..., Result]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return lambda *words: CliRunner().invoke(app, ["check", "--model", "model", *words])


def test_a_model_that_can_be_served_is_exit_code_0(check: Check) -> None:
    tf_modules.jpeg(Path("model"))

    ended = check()

    assert ended.exit_code == 0, ended.output
    assert "model can be served: classification (3 classes) of encoded images." in ended.stdout
    assert "the graph decodes images (DecodeJpeg)" in ended.stdout
    assert max(map(len, ended.stdout.splitlines())) <= 80


def test_a_model_that_cannot_is_exit_code_3_with_a_mend_for_each_obstacle(check: Check) -> None:
    keras_models.logits(Path("model"))

    ended = check("--json")

    assert ended.exit_code == 3, ended.output
    found = json.loads(ended.stdout)
    assert not found["can_be_served"]
    assert [obstacle["where"].partition(" ")[0] for obstacle in found["obstacles"]] == ["input", "output"]
    assert all(obstacle["mend"] for obstacle in found["obstacles"])


def test_settings_count(check: Check) -> None:
    keras_models.logits(Path("model"))

    ended = check("--set", "input.scale=0-1", "--set", "task.kind=classification")

    assert ended.exit_code == 0, ended.output
    assert "its values weren't between 0 and 1" in " ".join(ended.stdout.split())
