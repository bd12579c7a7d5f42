"""Help as a terminal of 80 columns shows it, and what a shell offers on Tab."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from azureml_emulator.command.verbs import app as emulator_app
from pipelines.cli.completion import LOCAL_VERBS, settings_keys
from pipelines.cli.main import app

ROOT = Path(__file__).parents[4]
HEAVY = ("azureml", "tensorflow", "azure", "requests", "config.settings")
SPY = (
    "import sys\nfrom pipelines.cli.main import main\n"
    f"try:\n    main()\nfinally:\n    print({set(HEAVY)} & set(sys.modules), file=sys.stderr)"
)


def verbs_of(group: typer.Typer, *before: str) -> Iterator[tuple[str, ...]]:
    command = typer.main.get_command(group)
    for name, verb in getattr(command, "commands", {}).items():
        yield (*before, name)
        yield from ((*before, name, inner) for inner in getattr(verb, "commands", {}))


NOISE = ("<bool>", "<dir>", "<path>", "<int", "<list")
OURS = [words for words in verbs_of(app) if words != ("local",)]
THEIRS = list(verbs_of(emulator_app))


def helped(group: typer.Typer, *words: str) -> str:
    ended = CliRunner().invoke(group, [*words], env={"COLUMNS": "80"}, prog_name="amlgpu")
    assert ended.exit_code == 0
    return ended.output


@pytest.mark.parametrize(
    ("group", "words"), [*((app, words) for words in OURS), *((emulator_app, words) for words in THEIRS)]
)
def test_every_verb_has_a_short_way_to_help_that_fits_and_names_no_types(
    group: typer.Typer, words: tuple[str, ...]
) -> None:
    text = helped(group, *words, "-h")
    assert max(map(len, text.splitlines())) <= 80
    assert not [noise for noise in NOISE if noise in text]


def test_the_list_of_verbs_is_read_by_what_they_are_for() -> None:
    text = helped(app, "-h")
    titles = [line for line in text.splitlines() if line and not line.startswith(" ")]
    assert titles[1:] == [
        "Options:",
        "Your model:",
        "Releases:",
        "The live service:",
        "The workspace:",
        "This machine:",
    ]
    assert "..." not in text.partition("Your model:")[2]  # whole sentences


def test_the_short_and_the_long_way_say_the_same() -> None:
    assert helped(app, "schedule", "create", "-h") == helped(app, "schedule", "create", "--help")


def test_own_options_stand_before_those_of_every_verb() -> None:
    own, _, shared = helped(app, "run", "-h").partition("Options of every verb:")
    assert "--model MODEL" in own
    assert [line.split()[0] for line in shared.splitlines() if line.startswith("  -")] == [
        "--target",
        "--service",
        "--config",
        "--set",
        "--json",
        "-h,",
    ]


def test_the_version_is_told() -> None:
    assert helped(app, "--version").startswith("amlgpu 0.")


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """Names alone: on Tab no file is read."""
    for name in ("targets/moon.yml", "targets/mars.yml", "services/digits.yml", "services/letters.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def offered(line: str, environ: dict[str, str]) -> list[str]:
    """What bash would offer at the end of the line; nothing heavy is loaded for it."""
    variables = {"_AMLGPU_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1)}
    base = {key: value for key, value in os.environ.items() if not key.startswith("AMLGPU_")}
    ended = subprocess.run(
        [sys.executable, "-c", SPY],
        env=base | {"PYTHONPATH": str(ROOT)} | variables | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr == "set()\n"
    return ended.stdout.split()


def test_a_shell_completes_what_the_folder_of_settings_has(team: Path) -> None:
    assert offered("amlgpu status --target m", {"AMLGPU_CONFIG": str(team)}) == ["mars", "moon"]
    assert offered("amlgpu schedule list --service ", {"AMLGPU_CONFIG": str(team)}) == ["digits", "letters"]
    assert offered(f"amlgpu status --config {team} --service l", {}) == ["letters"]
    assert offered("amlgpu roll", {}) == ["rollback"]
    assert offered("amlgpu local clo", {}) == ["clock"]
    assert offered("amlgpu run --set service.repl", {}) == ["service.replicas="]


def test_a_folder_that_cannot_be_read_offers_nothing(team: Path) -> None:
    (team / "services" / "Bad Name.yml").touch()
    assert offered("amlgpu status --service ", {"AMLGPU_CONFIG": str(team)}) == []


def test_the_values_of_a_setting_are_offered_where_there_are_only_so_many() -> None:
    assert settings_keys("scoring.precision=f") == [
        ("scoring.precision=float32", ""),
        ("scoring.precision=float16", ""),
    ]
    assert [word for word, _ in settings_keys("validation.require_gpu=")] == [
        "validation.require_gpu=true",
        "validation.require_gpu=false",
    ]
    assert [word for word, _ in settings_keys("input.kind=te")] == ["input.kind=tensors", "input.kind=text"]
    assert settings_keys("service.replicas=") == []
    assert len({word.partition(".")[0] for word, _ in settings_keys("")}) == 14


def test_the_verbs_of_the_local_workspace_are_those_that_it_has() -> None:
    assert {(verb,) for verb in LOCAL_VERBS} == set(THEIRS)
