"""What verbs append to the file of AMLGPU_SUMMARY."""

from pathlib import Path

import pytest

from config.errors import ConfigError, NotBlessedError
from pipelines.cli import summary
from pipelines.cli.main import main
from pipelines.cli.summary import of_error, of_plan, of_promotion, of_run, tell
from pipelines.live.plan import Item, Plan, StepPlan
from pipelines.outcome.report import Report
from pipelines.outcome.run_state import RunState
from steps.artifacts.deployment import Deployment
from workspaces.jobs.runs import StepState


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv(summary.VARIABLE, str(tmp_path / "summary.md"))
    return tmp_path / "summary.md"


def test_paragraphs_are_appended_and_empty_ones_left_out(told: Path) -> None:
    tell(["a", "", "b"])
    tell(["c"])
    assert told.read_text() == "a\n\nb\n\nc\n\n"


def test_without_the_variable_nothing_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(summary.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    tell(["a"])
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_named_and_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(summary.VARIABLE, str(tmp_path))
    tell(["a"])
    assert capsys.readouterr().err == f"AMLGPU_SUMMARY={tmp_path}: can't be written: Is a directory\n"


def test_it_stays_below_what_is_shown_and_whole_letters(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "MOST_BYTES", 100)
    for _ in range(3):
        tell(["\u00e9" * 40])
    assert len(told.read_bytes()) <= 100 + len(summary.CUT)
    assert told.read_text().endswith(summary.CUT)


def test_what_stops_a_verb_is_told(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["amlgpu", "status", "--target", "moon"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == ConfigError.exit_code
    assert told.read_text().startswith("**ConfigError**\n\n```text\n")
    assert "there is no such target" in told.read_text()


def test_a_message_is_told_as_it_is() -> None:
    assert of_error(NotBlessedError("refused: <b>\n- a")) == ["**NotBlessedError**", "```text\nrefused: <b>\n- a\n```"]


def test_a_run_that_failed_says_why_and_what_validation_found(tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text("### digits:1 is NOT_BLESSED\n")
    steps = (StepState("register_model", "Completed", 1.0), StepState("validate_model", "Failed", 2.0, "exit code 4"))
    head, reason, done, table, found = of_run(
        Report(RunState("r", "Failed", steps), tmp_path, None, None, None, None), "prod"
    )
    assert head == "### Not released on prod: run r"
    assert done == ""
    assert reason == r"Failed: validate\_model failed: exit code 4"
    assert table.splitlines()[2:] == [r"| register\_model | Completed |", r"| validate\_model | Failed |"]
    assert found == "### digits:1 is NOT_BLESSED"


def test_a_release_against_its_verdict_says_for_which_reason(tmp_path: Path, deployment: Deployment) -> None:
    report = Report(RunState("r", "Finished", ()), tmp_path, None, None, deployment, None)
    head, reason, done, *_ = of_run(report, "prod")
    assert head == "### Released on prod: run r"
    assert reason == "Finished: digits:4 serves as digits"
    assert done == r"digits: updated, 2 replicas. **Forced**, for this reason: the \[old\] one is worse"


def test_a_plan_lists_what_changes_and_no_more() -> None:
    items = (Item("model", "digits:1", "digits:2"), Item("replicas", "2", "2"), Item("schedule", None, "on", "publish"))
    made = Plan(items, ("numpy 1 -> 2",), (StepPlan("deploy_service", True, "model"),), None, ("Look out.",))
    title, conclusion, changes, steps, notes = of_plan(made, "digits", "dev")
    assert (title, conclusion) == ("### digits on dev", "A run would change what is live.")
    assert changes.splitlines()[2:] == ["| model | digits:1 | digits:2 | run |", "| schedule | - | on | publish |"]
    assert steps.splitlines()[2:] == [r"| deploy\_service | yes | model |"]
    assert notes == r"- numpy 1 -\> 2" + "\n- Look out."


def test_what_would_be_promoted_starts_no_markup() -> None:
    title, rows = of_promotion({"promoted": "digits:4 of dev", "verdict": "```|<b>"}, "digits", "prod")
    assert title == "### What would be promoted to prod: digits"
    assert rows.splitlines()[2:] == ["| promoted | digits:4 of dev |", r"| verdict | \`\`\`\|\<b\> |"]
