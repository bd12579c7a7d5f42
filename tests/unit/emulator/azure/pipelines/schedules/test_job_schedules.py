"""SDK v2's schedules, of jobs, beside those of published pipelines."""

from datetime import timedelta

import pytest

from azureml_emulator.azure.arm.jobs.submission import Hosts
from azureml_emulator.azure.arm.schedules.documents import planned
from azureml_emulator.azure.arm.schedules.scheduler import JobSchedules
from azureml_emulator.azure.pipelines.schedules.scheduler import Scheduler
from azureml_emulator.azure.runs.scriptruns.runs import ScriptRuns
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document
from tests.unit.emulator.azure.pipelines.schedules.conftest import NOON, StoppedClock, Submissions


@pytest.fixture
def job_schedules(workspace: LocalWorkspace, engine: Submissions) -> JobSchedules:
    """With an hourly one, `of-jobs`, of a job that cannot be started."""
    trigger = {"triggerType": "Recurrence", "frequency": "Hour", "interval": 1, "startTime": "2026-11-01T00:30:00"}
    properties = {"isEnabled": True, "trigger": trigger, "action": {"jobDefinition": {"jobType": "Sweep"}}}
    schedule: Document = {"name": "of-jobs", "properties": properties, "_created": NOON.isoformat()}
    workspace.store.put("job schedule", "of-jobs", planned(schedule, NOON))
    return JobSchedules(Hosts(workspace, engine, ScriptRuns(workspace, engine.executor)))


def due(workspace: LocalWorkspace) -> str:
    return str(workspace.store.get("job schedule", "of-jobs")["_next"])


def test_schedules_of_jobs_fire_by_the_same_clock(
    clock: StoppedClock, workspace: LocalWorkspace, engine: Submissions, job_schedules: JobSchedules
) -> None:
    scheduler = Scheduler(workspace, engine, [job_schedules])
    assert scheduler._seconds_to_sleep() == 60
    clock.moment += timedelta(minutes=29, seconds=50)
    assert scheduler._seconds_to_sleep() == 10
    scheduler.wake()
    assert due(workspace) == "2026-11-24T12:30:00+00:00"
    clock.moment += timedelta(seconds=10)
    scheduler.wake()
    assert due(workspace) == "2026-11-24T13:30:00+00:00"


def test_a_schedule_of_jobs_that_starts_none_says_so(
    clock: StoppedClock, workspace: LocalWorkspace, job_schedules: JobSchedules, capfd: pytest.CaptureFixture[str]
) -> None:
    clock.moment += timedelta(minutes=30)
    job_schedules.fire_due()
    said = capfd.readouterr().err
    assert "schedule of-jobs (due 2026-11-24T12:30:00+00:00) started nothing: " in said
    assert "jobs of the type Sweep" in said
    assert workspace.store.all("run") == []


def test_times_of_jobs_that_passed_while_it_was_down_are_skipped(
    clock: StoppedClock, workspace: LocalWorkspace, job_schedules: JobSchedules, capfd: pytest.CaptureFixture[str]
) -> None:
    schedule = workspace.store.get("job schedule", "of-jobs")
    missing = {"jobType": "Command", "command": "true", "environmentId": "azureml:none:1"}
    schedule["properties"]["action"]["jobDefinition"] = missing
    workspace.store.put("job schedule", "of-jobs", schedule)
    clock.moment += timedelta(hours=5)
    job_schedules.recover()
    job_schedules.fire_due()
    assert "was due while the local workspace was stopped: skipped" in capfd.readouterr().err
    assert due(workspace) == "2026-11-24T17:30:00+00:00"


def test_a_schedule_whose_job_is_refused_by_now_is_disabled_at_the_start(
    workspace: LocalWorkspace, job_schedules: JobSchedules, capfd: pytest.CaptureFixture[str]
) -> None:
    job_schedules.recover()
    found = workspace.store.get("job schedule", "of-jobs")
    assert (found["properties"]["isEnabled"], found["_next"], job_schedules.next_due()) == (False, None, None)
    said = capfd.readouterr().err
    assert "schedule of-jobs (due 2026-11-24T12:30:00+00:00) is disabled" in said
    assert "jobs of the type Sweep" in said


def test_a_schedule_of_jobs_with_a_trigger_that_is_not_read_any_more_is_disabled(
    clock: StoppedClock, workspace: LocalWorkspace, job_schedules: JobSchedules
) -> None:
    schedule = workspace.store.get("job schedule", "of-jobs")
    schedule["properties"]["trigger"]["frequency"] = "Century"
    workspace.store.put("job schedule", "of-jobs", schedule)
    clock.moment += timedelta(minutes=30)
    job_schedules.fire_due()
    found = workspace.store.get("job schedule", "of-jobs")
    assert (found["properties"]["isEnabled"], found["_next"]) == (False, None)
    assert job_schedules.next_due() is None
