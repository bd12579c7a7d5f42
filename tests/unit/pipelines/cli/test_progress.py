import io

from rich.console import Console

from pipelines.cli.progress import step_line, steps_table
from pipelines.outcome.run_state import RunState
from workspaces.jobs.runs import StepState

STEPS = (
    StepState("register_model", "Completed", 12.4),
    StepState("validate_model", "Failed", 31.0, "User process exited with status code 3"),
    StepState("deploy_service"),
)


def test_a_run_knows_how_it_ended_and_by_which_step() -> None:
    failed = RunState("r", "Failed", STEPS)
    assert failed.ended
    assert not failed.succeeded
    assert failed.failed_step == STEPS[1]
    assert not RunState("r", "Running", STEPS).ended
    assert RunState("r", "Finished", STEPS[:1]).succeeded


def test_lines_tell_the_time_only_when_it_is_over() -> None:
    assert step_line(STEPS[0]) == "register_model: Completed after 12 s"
    assert step_line(StepState("smoke_test", "Running", 3.0)) == "smoke_test: Running"


def test_the_table_has_every_step() -> None:
    out = io.StringIO()
    Console(file=out, width=80).print(steps_table(RunState("run-1", "Failed", STEPS)))
    shown = out.getvalue()
    assert "Failed" in shown.splitlines()[0]
    assert all(step.name in shown and step.status in shown for step in STEPS)
