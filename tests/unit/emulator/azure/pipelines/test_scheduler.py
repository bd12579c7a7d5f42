"""Firing, without the routes and without executing what was started."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from azureml_emulator.azure.arm.jobs.submission import Hosts
from azureml_emulator.azure.arm.schedules.documents import planned
from azureml_emulator.azure.arm.schedules.scheduler import JobSchedules
from azureml_emulator.azure.pipelines.runs.engine import Engine
from azureml_emulator.azure.pipelines.schedules.scheduler import Scheduler
from azureml_emulator.azure.pipelines.schedules.triggers import submissions
from azureml_emulator.azure.runs.scriptruns.runs import ScriptRuns
from azureml_emulator.azure.storage.blobs.files import DATASTORE, blob_file
from azureml_emulator.azure.storage.datastores.registry import BUILT_IN
from azureml_emulator.errors import NotFound
from azureml_emulator.execution.executor import Executor
from azureml_emulator.state.clock import Clock
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

NOON = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
HOURLY = {"Frequency": "Hour", "Interval": 1, "StartTime": "2026-11-01T00:30:00", "TimeZone": "UTC"}


class StoppedClock(Clock):
    """Shows what a test sets."""

    moment = NOON

    def now(self) -> datetime:
        return self.moment


class Submissions(Engine):
    """Keeps what was started, and does what a test wants done in that moment."""

    def __init__(self, workspace: LocalWorkspace) -> None:
        super().__init__(workspace, Executor(workspace))
        self.runs: list[str] = []
        self.in_the_middle: Callable[[], object] = lambda: None

    def submit(self, run_id: str) -> None:
        self.runs.append(run_id)
        self.in_the_middle()


@pytest.fixture
def clock(workspace: LocalWorkspace) -> StoppedClock:
    workspace.clock = clock = StoppedClock(workspace.store)
    return clock


@pytest.fixture
def engine(workspace: LocalWorkspace, clock: StoppedClock) -> Submissions:
    """In a workspace with the published pipeline "digits" that takes n."""
    graph: Document = {"ModuleNodes": []}
    interface = {"Parameters": [{"Name": "n", "DefaultValue": "1"}]}
    workspace.store.put("graph", "of-digits", {"graph": graph, "interface": interface})
    pipeline: Document = {"Name": "digits", "GraphId": "of-digits", "EntityStatus": "Active", "Description": None}
    pipeline |= {"ParameterAssignments": {}, "ContinueRunOnStepFailure": False}
    workspace.store.put("pipeline", "digits", pipeline)
    return Submissions(workspace)


@pytest.fixture
def scheduler(workspace: LocalWorkspace, engine: Submissions) -> Scheduler:
    return Scheduler(workspace, engine)


Add = Callable[..., str]


@pytest.fixture
def add(workspace: LocalWorkspace, scheduler: Scheduler) -> Add:
    """Stores a schedule as its route does: `add("nightly", Recurrence={…})`."""

    def store(name: str, **trigger: Document) -> str:
        schedule: Document = {"Id": name, "Name": name, "EntityStatus": "Active", "PipelineId": "digits"}
        schedule |= {"PipelineSubmissionInfo": {"ExperimentName": "nightly", "ParameterAssignments": {"n": "7"}}}
        workspace.store.put("schedule", name, scheduler.plan(schedule | trigger))
        return name

    return store


def runs_of(workspace: LocalWorkspace) -> list[Document]:
    return workspace.store.all("pipeline run")


def test_run_carries_what_the_schedule_says(add: Add, workspace: LocalWorkspace, scheduler: Scheduler) -> None:
    add("at once", Recurrence={"Frequency": "Day", "Interval": 1})
    scheduler.wake()
    (run,) = runs_of(workspace)
    assert (run["ScheduleId"], run["RunType"], run["PipelineId"]) == ("at once", "Schedule", "digits")
    assert (run["RunHistoryExperimentName"], run["ParameterAssignments"]) == ("nightly", {"n": "7"})


def test_each_time_once(add: Add, clock: StoppedClock, engine: Submissions, scheduler: Scheduler) -> None:
    add("hourly", Recurrence=HOURLY)
    for minutes, expected in ((0, 0), (29, 0), (30, 1), (31, 1), (89, 1), (90, 2)):
        clock.moment = NOON + timedelta(minutes=minutes)
        scheduler.wake()
        scheduler.wake()
        assert len(engine.runs) == expected, minutes


def test_times_that_passed_at_once_start_one_run(
    add: Add, clock: StoppedClock, engine: Submissions, scheduler: Scheduler
) -> None:
    add("hourly", Recurrence=HOURLY)
    clock.moment += timedelta(days=30)
    scheduler.wake()
    clock.moment += timedelta(minutes=29)
    scheduler.wake()
    assert len(engine.runs) == 1


def test_times_that_passed_while_it_was_down_are_skipped(
    add: Add, clock: StoppedClock, workspace: LocalWorkspace, engine: Submissions, capfd: pytest.CaptureFixture[str]
) -> None:
    add("hourly", Recurrence=HOURLY)
    clock.moment += timedelta(hours=5)
    restarted = Scheduler(workspace, engine)
    restarted.recover()
    restarted.wake()
    assert engine.runs == []
    assert "schedule hourly (hourly, due 2026-11-24T12:30:00+00:00) was due while" in capfd.readouterr().err
    clock.moment += timedelta(minutes=30)
    restarted.wake()
    assert len(engine.runs) == 1


def test_run_and_next_time_are_written_in_one_transaction(
    add: Add, clock: StoppedClock, workspace: LocalWorkspace, engine: Submissions, scheduler: Scheduler
) -> None:
    """What another connection sees in the middle is what a `kill -9` there would leave."""
    key = add("hourly", Recurrence=HOURLY)
    other = Store(workspace.folder / "workspace.db")
    seen: list[tuple[str, int]] = []

    def look() -> None:
        seen.append((other.get("schedule", key)["_next"], len(other.all("pipeline run"))))

    engine.in_the_middle = look
    clock.moment += timedelta(minutes=30)
    scheduler.wake()
    look()
    assert seen == [("2026-11-24T12:30:00+00:00", 0), ("2026-11-24T13:30:00+00:00", 1)]


def test_firing_that_starts_nothing_is_told_and_is_not_the_end(
    add: Add,
    clock: StoppedClock,
    workspace: LocalWorkspace,
    engine: Submissions,
    scheduler: Scheduler,
    capfd: pytest.CaptureFixture[str],
) -> None:
    add("hourly", Recurrence=HOURLY)
    pipeline = workspace.store.get("pipeline", "digits")
    workspace.store.put("pipeline", "digits", pipeline | {"EntityStatus": "Disabled"})
    clock.moment += timedelta(minutes=30)
    scheduler.wake()
    told = capfd.readouterr().err
    assert "12:30:00+00:00) started nothing: published pipeline 'digits' is disabled" in told
    workspace.store.put("pipeline", "digits", pipeline)
    scheduler.wake()
    assert engine.runs == []
    clock.moment += timedelta(hours=1)
    scheduler.wake()
    assert len(runs_of(workspace)) == 1


def test_one_that_cannot_be_started_keeps_no_other_from_firing(
    add: Add,
    clock: StoppedClock,
    workspace: LocalWorkspace,
    engine: Submissions,
    scheduler: Scheduler,
    capfd: pytest.CaptureFixture[str],
) -> None:
    add("first", Recurrence=HOURLY)
    add("second", Recurrence=HOURLY)

    def fail_once() -> None:
        if len(engine.runs) == 1:
            raise OSError("disk full")

    engine.in_the_middle = fail_once
    clock.moment += timedelta(minutes=30)
    scheduler.wake()
    assert [run["ScheduleId"] for run in runs_of(workspace)] == ["second"]
    assert "schedule first" in (told := capfd.readouterr().err)
    assert "started nothing: OSError('disk full')" in told


def test_one_without_a_next_time_is_disabled(
    add: Add, workspace: LocalWorkspace, clock: StoppedClock, scheduler: Scheduler, capfd: pytest.CaptureFixture[str]
) -> None:
    key = add("hourly", Recurrence=HOURLY)
    damaged = workspace.store.get("schedule", key)
    damaged["Recurrence"]["TimeZone"] = "Mars Standard Time"
    workspace.store.put("schedule", key, damaged)
    clock.moment += timedelta(minutes=30)
    scheduler.wake()
    assert workspace.store.get("schedule", key)["EntityStatus"] == "Disabled"
    assert "has no next time and is disabled: there is no time zone 'Mars" in capfd.readouterr().err


def test_one_recorded_by_a_version_that_fired_none(
    add: Add, clock: StoppedClock, workspace: LocalWorkspace, engine: Submissions, scheduler: Scheduler
) -> None:
    key = add("old", Recurrence={"Frequency": "Day", "Interval": 1})
    old = {name: value for name, value in workspace.store.get("schedule", key).items() if not name.startswith("_")}
    workspace.store.put("schedule", key, old)
    scheduler.recover()
    scheduler.wake()
    assert engine.runs == []
    clock.moment += timedelta(days=1)
    scheduler.wake()
    assert len(engine.runs) == 1


def test_poll(add: Add, clock: StoppedClock, workspace: LocalWorkspace, engine: Submissions) -> None:
    """Changes are found by the next poll, also those of the time when nothing ran; nothing else starts a run."""
    file = blob_file(workspace, DATASTORE, "in/a.jpg")
    file.parent.mkdir(parents=True)
    file.write_text("there before")
    add("polls", DataStoreTriggerInfo={"DataStoreName": BUILT_IN, "PollingInterval": 5, "PathOnDataStore": "in"})

    def poll(minutes: int) -> int:
        clock.moment += timedelta(minutes=minutes)
        restarted = Scheduler(workspace, engine)
        restarted.recover()
        restarted.wake()
        return len(engine.runs)

    assert poll(5) == 0
    file.with_name("b.jpg").write_text("added")
    assert [poll(4), poll(1), poll(5)] == [0, 1, 1]
    file.write_text("changed")
    file.with_name("c.jpg").write_text("added at the same time")
    assert [poll(5), poll(5)] == [2, 2]
    file.unlink()
    assert poll(5) == 2


def test_poll_of_what_can_no_longer_be_read_keeps_no_other_from_firing(
    add: Add,
    clock: StoppedClock,
    workspace: LocalWorkspace,
    engine: Submissions,
    scheduler: Scheduler,
    capfd: pytest.CaptureFixture[str],
) -> None:
    workspace.store.put("datastore", "raw", {"name": "raw", "container": "raw"})
    add("polls", DataStoreTriggerInfo={"DataStoreName": "raw", "PollingInterval": 5})
    add("hourly", Recurrence=HOURLY)
    workspace.store.delete("datastore", "raw")
    clock.moment += timedelta(minutes=30)
    scheduler.wake()
    assert [run["ScheduleId"] for run in runs_of(workspace)] == ["hourly"]
    assert "datastore 'raw' not found" in capfd.readouterr().err


def test_poll_of_what_is_not_there(add: Add) -> None:
    with pytest.raises(NotFound, match="datastore 'another' not found"):
        add("polls", DataStoreTriggerInfo={"DataStoreName": "another", "PollingInterval": 5})


def test_one_submission_for_each_blob() -> None:
    """With a data path parameter, no blob is missed when several come between two polls."""
    poll = {"DataStoreName": BUILT_IN, "DataPathParameterName": "data", "PathOnDataStore": "/in/"}
    info = {"ExperimentName": "nightly", "DataPathAssignments": {"other": {"RelativePath": "x"}}}
    first, second = submissions({"DataStoreTriggerInfo": poll, "PipelineSubmissionInfo": info}, ["a.jpg", "b.jpg"])
    assert first["DataPathAssignments"]["data"] == {"DataStoreName": BUILT_IN, "RelativePath": "in/a.jpg"}
    assert second["DataPathAssignments"].keys() == {"other", "data"}
    assert (second["ExperimentName"], second["RunType"]) == ("nightly", "Schedule")
    assert "data" not in info["DataPathAssignments"]


def test_it_sleeps_until_it_is_due_or_woken(
    add: Add, clock: StoppedClock, engine: Submissions, scheduler: Scheduler
) -> None:
    async def live() -> None:
        running = asyncio.create_task(scheduler.run())
        await asyncio.sleep(0)  # it found nothing, and sleeps without an end
        add("soon", Recurrence=HOURLY)
        clock.moment = NOON + timedelta(minutes=30, milliseconds=-20)
        scheduler.wake()
        assert engine.runs == []
        fired = asyncio.Event()
        engine.in_the_middle = fired.set
        await asyncio.sleep(0)  # it looked again, and sleeps for 20 ms
        clock.moment = NOON + timedelta(minutes=30)
        await asyncio.wait_for(fired.wait(), 30)
        running.cancel()

    asyncio.run(live())
    assert len(engine.runs) == 1


@pytest.mark.parametrize("turns", range(4))
def test_it_ends_when_it_is_canceled_right_after_a_change(add: Add, scheduler: Scheduler, turns: int) -> None:
    add("hourly", Recurrence=HOURLY)

    async def change_and_end() -> None:
        task = asyncio.create_task(scheduler.run())
        await asyncio.sleep(0.01)
        scheduler.wake()
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=5)
        assert done, "it goes on"

    asyncio.run(change_and_end())


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
    clock.moment += timedelta(hours=5)
    job_schedules.recover()
    job_schedules.fire_due()
    assert "was due while the local workspace was stopped: skipped" in capfd.readouterr().err
    assert due(workspace) == "2026-11-24T17:30:00+00:00"


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
