"""Schedules through the SDK: what is recorded, and when it fires by a clock that the tests move."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from tests.integration.emulator.azure.pipelines.schedules.clock import Clock
from tests.integration.emulator.azure.pipelines.schedules.conftest import Create, Finish, Publish, count
from tests.integration.emulator.waiting import until

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.pipeline.core import PipelineEndpoint


def test_what_is_recorded(endpoint: PipelineEndpoint, create: Create, workspace: Workspace) -> None:
    from azureml.pipeline.core import Schedule

    start = datetime(2026, 11, 1)  # noqa: DTZ001 - the SDK refuses one with a zone
    times = {"hours": [6], "minutes": [30], "week_days": ["Monday"]}
    schedule = create(endpoint, recurrence={"frequency": "Week", "interval": 1, "start_time": start, **times})
    found = Schedule.get(workspace, schedule.id)
    assert (found.name, found.status, found.pipeline_endpoint_id) == ("nightly", "Active", endpoint.id)
    assert (found.recurrence.frequency, found.recurrence.week_days) == ("Week", ["Monday"])
    assert [one.id for one in Schedule.list(workspace, pipeline_endpoint_id=endpoint.id)] == [schedule.id]
    assert schedule.get_last_pipeline_run() is None
    found.update(name="every-sunday", wait_for_provisioning=True)
    assert Schedule.get(workspace, schedule.id).name == "every-sunday"
    schedule.disable(wait_for_provisioning=True)
    assert schedule.id not in [one.id for one in Schedule.list(workspace)]
    assert schedule.id in [one.id for one in Schedule.list(workspace, active_only=False)]
    assert [one.status for one in Schedule.list(workspace, pipeline_endpoint_id=endpoint.id)] == ["Disabled"]


def test_without_a_start_time_it_runs_at_once(
    publish: Publish, create: Create, clock: Clock, finish: Finish, rest: Callable[..., requests.Response]
) -> None:
    published = publish("at-once")
    hourly = {"frequency": "Hour", "interval": 1}
    schedule = create(published, recurrence=hourly, pipeline_parameters={"n": 7}, description="of a schedule")
    first = schedule.get_last_pipeline_run()
    assert finish(first)["echo"].get_stdout_log() == "n = 7\n"
    assert (first.experiment.name, first.get_status()) == ("scheduled-runs", "Finished")
    run = rest("GET", "/pipelines/v1.0", f"/PipelineRuns/{first.id}").json()
    assert (run["ScheduleId"], run["RunType"], run["PipelineId"]) == (schedule.id, "Schedule", published.id)
    assert run["Description"] == "of a schedule"
    clock.advance(minutes=50)
    assert count(schedule) == 1
    clock.advance(minutes=10)
    assert count(schedule) == 2
    assert schedule.get_last_pipeline_run().id == schedule.get_pipeline_runs()[1].id != first.id
    assert finish(schedule.get_last_pipeline_run())["echo"].get_stdout_log() == "n = 7\n"


def test_start_time_in_the_past(publish: Publish, create: Create, clock: Clock) -> None:
    due = (clock.now() + timedelta(hours=3)).replace(second=0)
    daily = {"frequency": "Day", "interval": 1, "start_time": "2026-11-01T00:00:00", "time_of_day": f"{due:%H:%M}"}
    schedule = create(publish("daily"), recurrence=daily)
    assert count(schedule) == 0
    for expected in (1, 2):
        clock.go_to(due - timedelta(minutes=1))
        assert count(schedule) == expected - 1
        clock.go_to(due)
        assert count(schedule) == expected
        due += timedelta(days=1)


def test_start_time_in_the_future(publish: Publish, create: Create, clock: Clock) -> None:
    start = clock.now() + timedelta(days=2)
    schedule = create(publish("later"), recurrence={"frequency": "Minute", "interval": 30, "start_time": start})
    for time, expected in ((start - timedelta(minutes=5), 0), (start, 1), (start + timedelta(minutes=30), 2)):
        clock.go_to(time)
        assert count(schedule) == expected


def test_start_time_in_another_zone(publish: Publish, create: Create, clock: Clock) -> None:
    from azureml.pipeline.core import TimeZone

    india = timedelta(hours=5, minutes=30)
    recurrence = {"frequency": "Day", "interval": 1, "time_zone": TimeZone.IndiaStandardTime}
    due = clock.now() + timedelta(hours=3)
    schedule = create(publish("abroad"), recurrence={**recurrence, "start_time": due + india})
    clock.go_to(due - timedelta(minutes=1))
    assert count(schedule) == 0
    clock.go_to(due)
    assert count(schedule) == 1


def test_it_fires_by_itself(publish: Publish, create: Create, clock: Clock) -> None:
    """Nobody moves the clock: the start comes."""
    published = publish("soon")  # takes as long as it takes, and the start must not have passed
    start = clock.now() + timedelta(seconds=2)
    schedule = create(published, recurrence={"frequency": "Day", "interval": 1, "start_time": start})
    until(schedule.get_last_pipeline_run, "the first run")
    assert count(schedule) == 1


def test_poll_of_the_datastore(
    publish: Publish, create: Create, clock: Clock, workspace: Workspace, tmp_path: Path
) -> None:
    store = workspace.get_default_datastore()

    def upload(name: str, content: str, target: str = "polled") -> None:
        file = tmp_path / "upload" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)
        store.upload_files([str(file)], target_path=target, overwrite=True, show_progress=False)

    upload("before.txt", "there when the schedule is made")
    schedule = create(publish("polls"), datastore=store, polling_interval=10, path_on_datastore="polled")
    assert (schedule.datastore_name, schedule.polling_interval) == (store.name, 10)
    clock.advance(minutes=10)
    assert count(schedule) == 0
    upload("new.txt", "added")
    upload("below.txt", "in a folder below", target="polled/below")
    assert count(schedule) == 0
    clock.advance(minutes=10)
    assert count(schedule) == 1
    clock.advance(minutes=10)
    assert count(schedule) == 1
    upload("before.txt", "changed")
    clock.advance(minutes=10)
    assert count(schedule) == 2
