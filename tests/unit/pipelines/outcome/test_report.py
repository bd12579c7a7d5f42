import json
from pathlib import Path

import pytest

from config.errors import AmlGpuError, DeploymentError, ModelError, NotBlessedError, WorkspaceError
from pipelines.outcome.report import Report
from pipelines.outcome.run_state import RunState
from steps.artifacts.candidate import Candidate
from steps.artifacts.verdict import Check, Verdict
from workspaces.jobs.runs import StepState


def failed_report(
    folder: Path, step: str, error: str | None, log: str | None = None, verdict: Verdict | None = None
) -> Report:
    if log is not None:
        (folder / "logs").mkdir()
        (folder / "logs" / f"{step}.txt").write_text(log)
    state = RunState("run-1", "Failed", (StepState(step, "Failed", 2.0, error),))
    return Report(state, folder, None, verdict, None, None)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Execution failed. User process 'python' exited with status code 4. Please check log file", NotBlessedError),
        ("User program failed with exit code 5", DeploymentError),
        ("User program failed with exit code 3", ModelError),
        ("User program failed with exit code 7", WorkspaceError),
        ("User program failed with exit code 137", AmlGpuError),
        ("The node was preempted", AmlGpuError),
        (None, AmlGpuError),
    ],
)
def test_the_error_is_of_the_class_that_the_step_ended_with(
    tmp_path: Path, said: str | None, kind: type[AmlGpuError]
) -> None:
    assert type(failed_report(tmp_path, "deploy_service", said).error()) is kind


def test_the_message_is_what_the_step_said_last(tmp_path: Path) -> None:
    report = failed_report(tmp_path, "deploy_service", "exit code 5", "noise\nerror: first line\nsecond line\n")
    assert str(report.error()) == "deploy_service failed: first line\nsecond line"


def test_a_refusal_says_how_to_overrule_it_where_that_can_help(tmp_path: Path, verdict: Verdict) -> None:
    unreached = Check(name="errors", outcome="not_reached", measured=None, threshold=0)
    dead = verdict.model_copy(update={"checks": (*verdict.checks, unreached)})
    assert "--force" in str(failed_report(tmp_path, "deploy_service", "exit code 4", verdict=verdict).error())
    assert "--force" not in str(failed_report(tmp_path, "deploy_service", "exit code 4", verdict=dead).error())
    assert "--force" not in str(failed_report(tmp_path, "deploy_service", "exit code 5", verdict=verdict).error())


def test_without_such_a_message_the_end_of_the_log_stands_in(tmp_path: Path) -> None:
    log = "\n".join(f"line {number}" for number in range(100))
    message = str(failed_report(tmp_path, "smoke_test", "exit code 247\nmore", log).error())
    assert message.startswith("smoke_test failed: exit code 247\nline 88\n")  # what a killed step says last isn't why
    assert message.endswith("line 98\nline 99")
    assert "line 50" not in message


def test_a_run_that_ended_well_has_no_error(tmp_path: Path) -> None:
    assert Report(RunState("r", "Finished", ()), tmp_path, None, None, None, None).error() is None


def test_a_canceled_run_is_an_error(tmp_path: Path) -> None:
    error = Report(
        RunState("run-1", "Canceled", (StepState("register_model"),)), tmp_path, None, None, None, None
    ).error()
    assert error is not None
    assert "run-1 ended as Canceled" in str(error)


def test_the_json_form_holds_plain_values(tmp_path: Path, candidate: Candidate, verdict: Verdict) -> None:
    state = RunState("run-1", "Failed", (StepState("deploy_service", "Failed", 2.0, "exit code 4"),))
    plain = json.loads(json.dumps(Report(state, tmp_path, candidate, verdict, None, None).as_json()))
    assert plain["run_id"] == "run-1"
    assert plain["steps"][0]["error"] == "exit code 4"
    assert plain["verdict"]["status"] == "NOT_BLESSED"
    assert plain["deployment"] is None
