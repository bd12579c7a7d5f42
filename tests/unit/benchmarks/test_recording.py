"""Whoever tries a benchmark leaves the figures that are checked in as they are."""

import re
from pathlib import Path

import pytest

from benchmarks import recording
from benchmarks.gpu.__main__ import parse as parse_gpu
from benchmarks.recording import RECORDED, results_folder
from benchmarks.serving import ROOT
from benchmarks.serving.__main__ import parse as parse_serving

PATH = re.compile(r'/ "results"|with_name\("results|"(?:benchmarks/)?results/|\bRECORDED\b')
"""What makes a path to them; `document["results"]` doesn't."""


def test_what_is_not_to_be_recorded_is_ignored_by_git() -> None:
    folder = results_folder(record=False)
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert f"{folder.parent.relative_to(ROOT)}/" in ignored
    assert results_folder(record=True) == RECORDED


def test_no_benchmark_names_the_recorded_figures_itself() -> None:
    files = [file for file in (ROOT / "benchmarks").rglob("*.py") if not file.is_relative_to(ROOT / "benchmarks/cache")]
    others = [file for file in files if file != Path(recording.__file__)]
    assert len(others) > 20
    assert not [str(file) for file in others if PATH.search(file.read_text(encoding="utf-8"))]


def test_nothing_is_recorded_without_being_asked_to() -> None:
    assert not parse_serving([]).record
    assert not parse_gpu([]).record
    assert parse_serving(["--record"]).record


@pytest.mark.parametrize("less", [["--quick"], ["--rounds", "1"], ["--overload", "0"], ["--only", "ours"]])
def test_less_than_a_whole_comparison_is_not_recorded(less: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_serving(["--record", *less])
    assert "a whole run" in capsys.readouterr().err


def test_a_rehearsal_is_not_recorded(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("benchmarks.gpu.__main__.gpus", list)
    with pytest.raises(SystemExit):
        parse_gpu(["--record"])
    assert "no GPU" in capsys.readouterr().err
