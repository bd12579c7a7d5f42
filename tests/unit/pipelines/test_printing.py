import sys
from pathlib import Path

import pytest

from pipelines.printing import program


def test_program_is_named_by_its_path_where_it_is_not_on_the_search_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = tmp_path / ".venv" / "bin" / "amlgpu"
    command.parent.mkdir(parents=True)
    command.touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(command), "run"])

    monkeypatch.setenv("PATH", str(tmp_path))
    assert program() == ".venv/bin/amlgpu"

    monkeypatch.setenv("PATH", str(command.parent))
    assert program() == "amlgpu"
