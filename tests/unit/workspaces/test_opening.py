import os
from pathlib import Path

import pytest

from workspaces.opening import ensure_home


@pytest.mark.parametrize("before", [None, ""])
def test_a_home_is_there_where_cron_leaves_none(monkeypatch: pytest.MonkeyPatch, before: str | None) -> None:
    """SDK v1 can't be imported without."""
    monkeypatch.setenv("HOME", before) if before is not None else monkeypatch.delenv("HOME")
    ensure_home()
    assert Path(os.environ["HOME"]).is_dir()


def test_a_home_that_is_set_stays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    ensure_home()
    assert os.environ["HOME"] == str(tmp_path)
