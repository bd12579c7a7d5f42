"""The command as a user meets it: a process with arguments, two streams and an exit code."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from pipelines.cli.options import with_choices

ROOT = Path(__file__).parents[4]
VERBS = [
    "check",
    "run",
    "submit",
    "follow",
    "cancel",
    "publish",
    "schedule",
    "provision",
    "status",
    "query",
    "doctor",
    "teardown",
    "drift",
]


def amlgpu(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {key: value for key, value in os.environ.items() if not key.startswith("AMLGPU_")}
    command = [sys.executable, "-c", "from pipelines.cli.main import main; main()", *words]
    environ |= {"AMLGPU_HOME": str(folder), "PYTHONPATH": str(ROOT), "COLUMNS": "120"} | variables
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
        (["status", "--target", "moon"], 2, "there is no such target; the known ones are dev, local, local-v2, prod"),
        (["status", "--service", "digit"], 2, "--service = 'digit': there is no such service; did you mean digits?"),
        (["schedule", "list", "--service", "digit"], 2, "did you mean digits?"),
        (["teardown", "--service", "digits", "--all"], 2, "leave out one of them"),
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
        (["status", "--target", "dev"], 2, "subscription_id=00000000-0000-0000-0000-000000000000 is a placeholder"),
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
    ("variables", "words", "message"),
    [
        ({"AMLGPU_TARGET": "moon"}, [], "AMLGPU_TARGET = 'moon': there is no such target"),
        ({"AMLGPU_TARGET": "moon"}, ["--target", "mars"], "--target = 'mars': there is no such target"),
        ({"AMLGPU_SERVICE": "digit"}, [], "AMLGPU_SERVICE = 'digit': there is no such service; did you mean digits?"),
        ({"AMLGPU_SERVICE": "digit"}, ["--service", "digi"], "--service = 'digi': there is no such service"),
    ],
)
def test_a_wrong_choice_is_blamed_on_what_made_it(
    tmp_path: Path, variables: dict[str, str], words: list[str], message: str
) -> None:
    ended = amlgpu(tmp_path, "status", *words, **variables)
    assert ended.returncode == 2
    assert message in ended.stderr


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
        assert "set AMLGPU_HOME to the folder of one that runs" in ended.stderr


@pytest.mark.slow
def test_what_is_started_says_so_and_is_named_in_its_page(tmp_path: Path) -> None:
    script = "from pipelines.local import redirect; redirect(start=True)"
    environ = os.environ | {"AMLGPU_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}

    def start() -> str:
        command = [sys.executable, "-c", script]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stderr

    try:
        first, second = start(), start()
        page = json.loads((tmp_path / "address.json").read_text())["http"] + "/studio"
        shown = requests.get(page, timeout=30).text
    finally:
        amlgpu(tmp_path, "local", "down")
    assert first == f"started a local workspace (state: {tmp_path}; stop it with `amlgpu local down`)\n"
    assert second == ""
    assert "run `amlgpu local studio`" in shown


def test_the_state_of_the_local_workspace_passes_through(tmp_path: Path) -> None:
    ended = amlgpu(tmp_path, "local", "status", "--json")
    assert ended.returncode == 1
    assert '"running": false' in ended.stdout


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """A folder with two services, of which one leaves its names to those of its file."""
    for kind in ("targets", "services"):
        shutil.copytree(ROOT / "config" / kind, tmp_path / "team" / kind)
    ours = (tmp_path / "team" / "services" / "digits.yml").read_text()
    names = r"(pipeline:\n  name: .*\n  endpoint: .*\n|  name: .*-schedule\n|      name: digits-dev\n)"
    (tmp_path / "team" / "services" / "letters.yml").write_text(re.sub(names, "", ours))
    return tmp_path / "team"


def test_another_folder_of_settings_is_read(tmp_path: Path, team: Path) -> None:
    file = team / "services" / "letters.yml"
    file.write_text(file.read_text().replace("replicas: 2", "replica: 3"))

    ended = amlgpu(tmp_path, "status", "--target", "dev", "--service", "letters", "--config", "team")

    assert ended.returncode == 2
    assert "team/services/letters.yml: unknown key service.replica: did you mean replicas?" in ended.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["publish"], "choose one with --service (or AMLGPU_SERVICE): digits, letters"),
        (["follow", "run-1"], "choose one with --service (or AMLGPU_SERVICE): digits, letters"),
        (["teardown", "--yes"], "choose one with --service, or remove them with --all: digits, letters"),
        (["plan", "--model", "3"], "--model 3: there are several services: choose one with --service: digits, letters"),
        (
            ["submit", "--service", "digits", "--param", "service_name=letters"],
            "start its own pipeline with `amlgpu submit --target local --service letters --config team`",
        ),
    ],
)
def test_of_several_services_one_has_to_be_chosen(tmp_path: Path, team: Path, words: list[str], message: str) -> None:
    ended = amlgpu(tmp_path, *words, "--config", team.name)
    assert ended.returncode == 2
    assert message in ended.stderr


@pytest.mark.parametrize("line", ["status", "plan", "cancel run-1", "schedule list", "teardown --all"])
def test_what_is_about_the_workspace_or_all_services_needs_no_choice(tmp_path: Path, team: Path, line: str) -> None:
    ended = amlgpu(tmp_path, *line.split(), "--config", team.name)
    assert ended.returncode == 8
    assert "start it with `amlgpu local up`" in ended.stderr


def test_a_broken_file_is_told_and_hides_no_other_service(tmp_path: Path, team: Path) -> None:
    (team / "services" / "letters.yml").write_text("service: [")
    broken = "team/services/letters.yml: isn't valid YAML"
    one = amlgpu(tmp_path, "status", "--service", "digits", "--config", team.name)
    assert (one.returncode, broken in one.stderr) == (8, False)  # it comes to the workspace, which doesn't run
    for verb in (["query", "a.jpg"], ["key"], ["logs"], ["follow", "run-1"]):  # in an incident these are needed most
        one = amlgpu(tmp_path, *verb, "--service", "digits", "--config", team.name)
        assert (one.returncode, broken in one.stderr) == (8, False)
    both = amlgpu(tmp_path, "status", "--config", team.name)
    assert (both.returncode, broken in both.stderr) == (8, True)
    for words in (["status", "--service", "letters"], ["run", "--service", "digits"], ["plan"]):
        ended = amlgpu(tmp_path, *words, "--config", team.name)
        assert (ended.returncode, broken in ended.stderr) == (2, True)


@pytest.mark.slow
def test_the_others_are_shown_and_the_exit_code_tells(tmp_path: Path, team: Path) -> None:
    shutil.copy(team / "services" / "letters.yml", team / "services" / "words.yml")
    (team / "services" / "letters.yml").write_text("service: [")
    assert amlgpu(tmp_path, "local", "up").returncode == 0
    try:
        shown = amlgpu(tmp_path, "status", "--config", team.name)
        told = amlgpu(tmp_path, "status", "--json", "--config", team.name)
    finally:
        amlgpu(tmp_path, "local", "down")
    assert (shown.returncode, told.returncode) == (2, 2)
    assert "ConfigError: team/services/letters.yml: isn't valid YAML" in shown.stderr
    assert [word for word in ("digits", "letters", "words") if f" {word} " in shown.stdout] == ["digits", "words"]
    assert list(json.loads(told.stdout)) == ["digits", "words"]


def test_what_one_verb_is_given_is_not_given_to_the_next(team: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one process runs several: a test, a notebook."""
    monkeypatch.setenv("AMLGPU_SERVICE", "digits")
    monkeypatch.delenv("AMLGPU_CONFIG", raising=False)
    seen = []

    def verb() -> None:
        seen.append((os.environ.get("AMLGPU_SERVICE"), os.environ.get("AMLGPU_CONFIG")))

    with_choices(verb)(service="letters", config=team)
    with_choices(verb)()

    assert seen == [("letters", str(team)), ("digits", None)]


@pytest.mark.parametrize("verb", ["check", "init", "run"])
def test_a_file_in_place_of_the_samples_folder_is_told_which_folder_to_give(tmp_path: Path, verb: str) -> None:
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / "samples.jsonl").touch()
    ended = amlgpu(tmp_path, verb, "--model", "model", "--validation-data", "rows/samples.jsonl")
    assert ended.returncode == 2
    assert "'rows/samples.jsonl' is a file: give its folder, rows" in ended.stderr


def test_a_model_that_is_not_there_is_told_before_a_name_that_is_taken(tmp_path: Path) -> None:
    ended = amlgpu(tmp_path, "init", "--model", "nowhere", "--name", "digits")
    assert ended.returncode == 3
    assert "--model nowhere: " in ended.stderr
    assert "there already" not in ended.stderr


def test_the_doctor_tells_the_first_thing_to_do_in_a_table_that_fits(tmp_path: Path) -> None:
    here = amlgpu(tmp_path, "doctor", COLUMNS="80")
    table, _, to_do = here.stdout.partition("\nWhat to do:\n")
    assert (here.returncode, here.stderr) == (8, "")
    assert max(map(len, table.splitlines())) <= 80
    assert re.search(r"\bsign-in +fail +no local workspace runs", table)
    assert re.search(r"\battachment +skipped +not looked at: sign-in failed", table)
    assert to_do.startswith("  sign-in: start it with `amlgpu local up`")

    unfilled = amlgpu(tmp_path, "doctor", "--target", "dev", "--json")
    assert (unfilled.returncode, unfilled.stderr) == (2, "")
    settings, _, *others = json.loads(unfilled.stdout)
    assert settings == {
        "check": "settings",
        "outcome": "fail",
        "finding": "workspace.subscription_id is a placeholder",
        "mend": settings["mend"],
    }
    assert {one["outcome"] for one in others} == {"skipped"}
