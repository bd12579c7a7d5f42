from pathlib import Path

from pipelines.snapshot import stage_snapshot


def test_snapshot_holds_the_steps_and_no_byte_code(tmp_path: Path) -> None:
    staged = stage_snapshot(tmp_path)

    assert {path.name for path in staged.iterdir()} == {"config", "steps", "scoring", "workspaces", ".amlignore"}
    assert (staged / "steps" / "register_model.py").is_file()
    assert not list(staged.rglob("__pycache__"))


def test_same_sources_are_staged_once(tmp_path: Path) -> None:
    first, second = stage_snapshot(tmp_path), stage_snapshot(tmp_path)

    assert first == second
    assert [path.name for path in (tmp_path / "snapshots").iterdir()] == [first.name]
