"""Folders of settings to change: copies of this project's own."""

import shutil
from pathlib import Path

import pytest

from config.loading import folder


def edit(file: Path, before: str, after: str) -> None:
    """Replace what has to be in the file."""
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """A folder as AMLGPU_CONFIG names it."""
    for kind in ("targets", "services"):
        shutil.copytree(folder.FOLDER / kind, tmp_path / "team" / kind)
    return tmp_path / "team"


@pytest.fixture
def own_folder(team: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The copy in the place of the original."""
    monkeypatch.setattr(folder, "FOLDER", team)
    return team
