"""Firing, without the routes and without executing what was started."""

import asyncio
from datetime import timedelta

import pytest

from azureml_emulator.azure.pipelines.schedules.scheduler import Scheduler
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import LocalWorkspace
from tests.unit.emulator.azure.pipelines.schedules.conftest import HOURLY, NOON, Add, StoppedClock, Submissions, runs_of


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
