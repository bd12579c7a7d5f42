"""The command as a user meets it: a process with arguments, two streams and an exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
VERBS = [
    "run",
    "submit",
    "follow",
    "cancel",
    "publish",
    "schedule",
    "provision",
    "status",
    "query",
    "teardown",
    "drift",
]


def amlgpu(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {key: value for key, value in os.environ.items() if not key.startswith("AMLGPU_")}
    command = [sys.executable, "-c", "from pipelines.cli.main import main; main()", *words]
    environ |= {"AMLGPU_HOME": str(folder), "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


def test_help_names_every_verb_without_loading_the_sdk(tmp_path: Path) -> None:
    script = (
        "import sys; from pipelines.cli.main import app; from typer.testing import CliRunner;"
        "print(CliRunner().invoke(app, ['--help']).output);"
        "print({'azureml', 'tensorflow', 'azure', 'pydantic', 'requests'} & set(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert all(f" {verb} " in shown for verb in [*VERBS, "sample", "local"])
    assert shown.splitlines()[-1] == "set()"


@pytest.mark.parametrize(
    ("words", "exit_code", "message"),
    [
        (["status", "--target", "moon"], 2, "there is no such target; use local, dev, prod"),
        (["status", "--config", "no/such/folder"], 2, "--config"),
        (["schedule", "list", "--config", "no/such/folder"], 2, "--config"),
        (["status", "--set", "service.replicas"], 2, "write it as SECTION.KEY=VALUE"),
        (["status", "--set", "service.replica=3"], 2, "did you mean replicas?"),
        (["submit", "--param", "sample_cont=3"], 2, "did you mean sample_count?"),
        (["run", "--force", " "], 2, "give a reason in words"),
        (["run", "--force", "-"], 2, "give a reason in words"),
        (["status"], 8, "amlgpu local up"),
        (["publish"], 8, "amlgpu local up"),
        (["schedule", "list"], 8, "amlgpu local up"),
        (["teardown", "--yes"], 8, "amlgpu local up"),
        (["sample", __file__], 2, "the sample can't be written there: File exists"),
    ],
)
def test_errors_are_a_message_and_an_exit_code(tmp_path: Path, words: list[str], exit_code: int, message: str) -> None:
    ended = amlgpu(tmp_path, *words)
    assert ended.returncode == exit_code
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["--help"], "Usage: amlgpu local [OPTIONS] COMMAND"),
        (["clock", "--help"], "Usage: amlgpu local clock [OPTIONS]"),
        (["clock", "--help"], "--advance"),
    ],
)
def test_the_verbs_of_the_local_workspace_have_their_own_help(tmp_path: Path, words: list[str], shown: str) -> None:
    ended = amlgpu(tmp_path, "local", *words)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert shown in ended.stdout


def test_what_is_missing_is_started_with_a_command_that_can_be_copied(tmp_path: Path) -> None:
    for words in (["status"], ["local", "clock"], ["local", "studio"], ["local", "env"]):
        ended = amlgpu(tmp_path, *words)
        assert ended.returncode == 8
        assert f"no local workspace runs (state: {tmp_path}); start it with `amlgpu local up`" in ended.stderr


def test_the_state_of_the_local_workspace_passes_through(tmp_path: Path) -> None:
    ended = amlgpu(tmp_path, "local", "status", "--json")
    assert ended.returncode == 1
    assert '"running": false' in ended.stdout


def test_another_folder_of_settings_is_read_and_repeated_in_what_to_type(tmp_path: Path) -> None:
    team = tmp_path / "team"
    team.mkdir()
    (team / "dev.yml").write_text("service:\n  replica: 3\n")

    ended = amlgpu(tmp_path, "status", "--target", "dev", "--config", "team")

    assert ended.returncode == 2
    assert "team/dev.yml: unknown key service.replica: did you mean replicas?" in ended.stderr
    monkey = {"AMLGPU_CONFIG": "a folder"}
    script = "from config.loading.folder import target_options; print(target_options('dev'))"
    command = [sys.executable, "-c", script]
    said = subprocess.run(command, cwd=ROOT, env=os.environ | monkey, capture_output=True, text=True, check=True)
    assert said.stdout == "--target dev --config 'a folder'\n"
