"""`amlgpu drift` over files of samples: two periods need no workspace."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from config.errors import ConfigError
from pipelines.cli.main import app

Drift = Callable[..., Result]
PERIODS = ("--period", "2026-11-08..2026-11-15", "--baseline", "2026-11-01..2026-11-08")


def lines(day: int, classes: list[int], probability: float = 0.9, model: str = "digits:3") -> str:
    """A sample of each class at noon of a day of November 2026."""
    common = {"time": f"2026-11-{day:02}T12:00:00+00:00", "probability": probability, "latency_ms": 5, "model": model}
    samples = [common | {"class": label, "index": label, "image_sha256": f"{label}"} for label in classes]
    return "".join(f"{json.dumps(sample)}\n" for sample in samples)


@pytest.fixture
def drift(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drift:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def run(text: str, *words: str) -> Result:
        (tmp_path / "samples.jsonl").write_text(text)
        return CliRunner().invoke(app, ["drift", "samples.jsonl", *words])

    return run


def test_no_drift_is_exit_code_0_with_a_table_and_a_plot(drift: Drift, tmp_path: Path) -> None:
    ended = drift(lines(2, [1, 2] * 100) + lines(9, [1, 2] * 60), *PERIODS)
    assert ended.exit_code == 0
    assert ended.stdout.rstrip().endswith("no drift")
    assert "chi-square over 2 classes" in ended.stdout
    assert "digits:3" in ended.stdout
    assert (tmp_path / ".amlgpu" / "drift.svg").read_text().count("</svg>") == 1


def test_a_plot_that_cant_be_written_is_named(drift: Drift, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = drift(lines(2, [1, 2] * 100) + lines(9, [1, 2] * 60), *PERIODS, "--plot", "file/plot.svg")
    assert isinstance(ended.exception, ConfigError)
    assert str(ended.exception) == "--plot file/plot.svg: can't be written: File exists"


def test_drift_is_exit_code_10_and_json_says_why(drift: Drift, tmp_path: Path) -> None:
    ended = drift(lines(2, [1, 2] * 100) + lines(9, [1, 1, 1, 2] * 40), *PERIODS, "--json", "--plot", "new/plot.svg")
    assert ended.exit_code == 10
    found = json.loads(ended.stdout)
    assert found["outcome"] == "drift"
    assert [(test["name"], test["outcome"]) for test in found["tests"]] == [
        ("classes", "drift"),
        ("confidences", "none"),
    ]
    assert found["classes"] == [
        {"class": 1, "period": 0.75, "baseline": 0.5},
        {"class": 2, "period": 0.25, "baseline": 0.5},
    ]
    assert (found["period"]["samples"], found["baseline"]["samples"]) == (160, 200)
    assert found["period"]["distinct_images"] == 2
    assert found["period"]["first"].startswith("2026-11-09T12:00")
    assert (tmp_path / "new" / "plot.svg").is_file()


def test_too_few_samples_are_exit_code_11(drift: Drift) -> None:
    ended = drift(lines(2, [1, 2] * 100), *PERIODS)
    assert ended.exit_code == 11
    assert ended.stdout.rstrip().endswith("undecided")
    assert "0 in the period and 200 in the baseline, 100 are needed" in ended.stdout


def test_thresholds_are_settings(drift: Drift) -> None:
    text = lines(2, [1, 2] * 100) + lines(9, [1, 1, 1, 2] * 40)
    assert drift(text, *PERIODS, "--set", "monitoring.distance=0.3").exit_code == 0
    assert drift(text, *PERIODS, "--set", "monitoring.minimum_samples=161").exit_code == 11


def test_several_versions_are_pointed_out(drift: Drift) -> None:
    ended = drift(lines(2, [1, 2] * 100) + lines(9, [1, 2] * 60, model="digits:4"), *PERIODS)
    assert "Several versions of the model answered" in ended.stderr


def test_periods_that_overlap_are_refused(drift: Drift) -> None:
    ended = drift("", "--period", "7d", "--baseline", "28d")
    assert "overlap" in str(ended.exception)
