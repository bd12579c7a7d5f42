"""`amlgpu check`: real models, looked at in a real process; no workspace."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipelines.cli.main import app
from tests.zoo import data, keras_models, tf_modules

Check = Callable[..., Result]
ROOT = Path(__file__).resolve().parents[4]


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


def test_refused_validation_data_is_no_refused_model(check: Check) -> None:
    tf_modules.jpeg(Path("model"))
    data.colours(Path("samples"), 3)
    image = Path("samples/1.jpg").read_bytes()
    Path("samples/1.jpg").write_bytes(image[:-100])

    ended = check("--validation-data", "samples")

    assert ended.exit_code == 3, ended.output
    said = " ".join(ended.stdout.split())
    assert "The validation data can't be used, for one reason: samples/1.jpg: can't be decoded" in said
    assert "can't be served" not in said


def test_settings_count(check: Check) -> None:
    keras_models.logits(Path("model"))

    ended = check("--set", "input.scale=0-1", "--set", "task.kind=classification")

    assert ended.exit_code == 0, ended.output
    assert "its values weren't between 0 and 1" in " ".join(ended.stdout.split())


def test_what_else_a_run_would_refuse_is_said(check: Check) -> None:
    tf_modules.jpeg(Path("model"))
    data.colours(Path("samples"), 9)

    words = ("--set", "validation.accuracy_floor=null", "--validation-data", "samples")
    ended, as_json = check(*words), check(*words, "--json")

    assert ended.exit_code == 0, ended.output
    said = " ".join(ended.stdout.split())
    assert "`amlgpu run` would refuse it: samples: 9 samples, validation.minimum_samples asks for 100" in said
    assert "`amlgpu run` would refuse it: no threshold is set of a classification model" in said
    assert len(json.loads(as_json.stdout)["run_is_refused_for"]) == 2


def test_of_several_services_none_is_taken_unless_chosen(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    tf_modules.jpeg(Path("model"))
    shutil.copytree(ROOT / "config" / "targets", "team/targets")
    Path("team/services").mkdir()
    for service in ("one", "two"):
        Path(f"team/services/{service}.yml").write_text(f"task: {{top_k: {len(service) + 6}}}")
    monkeypatch.setenv("AMLGPU_CONFIG", "team")

    without, chosen = check(), check("--service", "two")

    assert without.exit_code == 0, without.output
    assert "No service is chosen" in without.stderr
    assert chosen.exit_code == 3
    assert "task.top_k is 9" in chosen.stdout
