import subprocess
import sys
from pathlib import Path

from pipelines.snapshot import ROOT, stage_snapshot

CONFIG = ROOT / "config"


def test_snapshot_holds_the_steps_and_no_byte_code(tmp_path: Path) -> None:
    staged = stage_snapshot(tmp_path, CONFIG)

    assert {path.name for path in staged.iterdir()} == {"config", "steps", "scoring", "workspaces", ".amlignore"}
    assert (staged / "steps" / "register_model.py").is_file()
    assert not list(staged.rglob("__pycache__"))


def test_same_sources_are_staged_once(tmp_path: Path) -> None:
    first, second = stage_snapshot(tmp_path, CONFIG), stage_snapshot(tmp_path, CONFIG)

    assert first == second
    assert [path.name for path in (tmp_path / "snapshots").iterdir()] == [first.name]


def test_the_files_of_another_config_folder_take_the_place_of_our_own(tmp_path: Path) -> None:
    team = tmp_path / "team"
    team.mkdir()
    (team / "dev.yml").write_text("service: {}")
    (team / "compose.yml").write_text("of something else, and perhaps with a secret")
    (team / "prod.yml").mkdir()

    staged = stage_snapshot(tmp_path, team)

    assert {file.name for file in (staged / "config").glob("*.yml")} == {"dev.yml"}
    assert (staged / "config" / "dev.yml").read_text() == "service: {}"
    assert (staged / "config" / "settings.py").is_file()


def test_a_step_reads_the_settings_of_that_folder(tmp_path: Path) -> None:
    team = tmp_path / "team"
    team.mkdir()
    ours = (CONFIG / "dev.yml").read_text(encoding="utf-8")
    (team / "dev.yml").write_text(ours.replace("name: digits", "name: letters"), encoding="utf-8")
    script = "from config.settings import load_settings; print(load_settings().service.name)"

    staged = stage_snapshot(tmp_path, team)

    step = [sys.executable, "-c", script]  # as a step: in the snapshot, with the target alone
    said = subprocess.run(step, cwd=staged, env={"AMLGPU_TARGET": "dev"}, capture_output=True, text=True, check=True)
    assert said.stdout == "letters-dev\n"
