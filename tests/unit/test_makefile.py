"""The targets that need no set-up, run for real."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("Makefile", "setup.py", "constraints.txt"):
        shutil.copy(REPOSITORY / name, tmp_path)
    return tmp_path


def make(checkout: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    # As if typed: `make test`, which runs this, would otherwise hand its own level and options on.
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", *arguments],  # noqa: S607
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("python", ["no-such-python", "false"])
def test_other_pythons_are_refused_in_plain_words(checkout: Path, python: str) -> None:
    result = make(checkout, "test", f"PYTHON={python}")
    assert result.returncode != 0
    assert "error: this project needs Python 3.10 or 3.11" in result.stderr
    assert f"{python} is not one" in result.stderr
    assert not (checkout / ".venv").exists()


def test_no_python_at_all_is_told(checkout: Path) -> None:
    assert "none was found" in make(checkout, "run", "PYTHON=").stderr


def test_stop_does_nothing_without_an_installation(checkout: Path) -> None:
    result = make(checkout, "stop")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_clean_leaves_the_sources_alone(checkout: Path) -> None:
    for folder in (".venv/bin", ".amlgpu", "sample", "steps/__pycache__", "x.egg-info", ".mypy_cache"):
        (checkout / folder).mkdir(parents=True)
    assert make(checkout, "clean").returncode == 0
    assert sorted(path.name for path in checkout.iterdir()) == ["Makefile", "constraints.txt", "setup.py", "steps"]
    assert list((checkout / "steps").iterdir()) == []


def test_an_installation_newer_than_setup_py_is_kept(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / ".installed").touch()
    assert make(checkout, "setup", f"PYTHON={sys.executable}").returncode == 0
    assert [path.name for path in (checkout / ".venv").iterdir()] == [".installed"]
