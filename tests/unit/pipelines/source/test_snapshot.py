import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.errors import ConfigError
from pipelines.source.snapshot import ROOT, stage_snapshot

CONFIG = ROOT / "config"


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """A team's own folder of settings, with a second service in it."""
    for kind in ("targets", "services"):
        shutil.copytree(CONFIG / kind, tmp_path / "team" / kind)
    services = tmp_path / "team" / "services"
    ours = (services / "digits.yml").read_text(encoding="utf-8")
    (services / "letters.yml").write_text(ours.replace("digits", "letters").replace("gpu-", "letters-"))
    (services / "labels.txt").write_text("zero\none\n")
    (tmp_path / "team" / "compose.yml").write_text("of something else, and perhaps with a secret")
    return tmp_path / "team"


def test_snapshot_holds_the_steps_and_no_byte_code(tmp_path: Path) -> None:
    staged = stage_snapshot(tmp_path, CONFIG, "digits")

    assert {path.name for path in staged.iterdir()} == {"config", "steps", "scoring", "workspaces", ".amlignore"}
    assert (staged / "steps" / "register_model.py").is_file()
    assert not list(staged.rglob("__pycache__"))


def test_same_sources_are_staged_once(tmp_path: Path) -> None:
    first, second = stage_snapshot(tmp_path, CONFIG, "digits"), stage_snapshot(tmp_path, CONFIG, "digits")

    assert first == second
    assert [path.name for path in (tmp_path / "snapshots").iterdir()] == [first.name]


def test_of_another_config_folder_a_step_gets_what_its_service_needs(tmp_path: Path, team: Path) -> None:
    staged = stage_snapshot(tmp_path, team, "letters", "services/labels.txt")

    config = staged / "config"
    files = {str(file.relative_to(config)) for file in (*config.rglob("*.yml"), *config.rglob("*.txt"))}
    targets = {f"targets/{target}.yml" for target in ("dev", "local", "local-v2", "prod")}
    assert files == targets | {"services/letters.yml", "services/labels.txt"}
    assert (config / "settings.py").is_file()


def test_what_another_service_changes_leaves_the_snapshot_as_it_is(tmp_path: Path, team: Path) -> None:
    before = stage_snapshot(tmp_path, team, "letters")
    (team / "services" / "digits.yml").write_text("service: {}")

    assert stage_snapshot(tmp_path, team, "letters") == before


@pytest.mark.parametrize("labels", ["services/none.txt", "services", "services/link.txt"])
def test_labels_that_are_no_file_of_the_folder_are_refused(tmp_path: Path, team: Path, labels: str) -> None:
    (tmp_path / "outside.txt").write_text("secret")
    (team / "services" / "link.txt").symlink_to(tmp_path / "outside.txt")

    with pytest.raises(ConfigError, match=f"task.labels = '{labels}': there is no such file in "):
        stage_snapshot(tmp_path, team, "letters", labels)
    assert not list((tmp_path / "snapshots").iterdir())


def test_a_step_reads_the_settings_of_that_folder(tmp_path: Path, team: Path) -> None:
    script = "from config.settings import load_settings; print(load_settings().service.name)"

    staged = stage_snapshot(tmp_path, team, "letters")

    step = [sys.executable, "-c", script]  # as a step: in the snapshot, with these variables alone
    environ = {"AMLGPU_TARGET": "dev", "AMLGPU_SERVICE": "letters"}
    said = subprocess.run(step, cwd=staged, env=environ, capture_output=True, text=True, check=True)
    assert said.stdout == "letters-dev\n"
