"""Schedules through the SDK: what is recorded, and when it fires by a clock that the tests move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from azureml_emulator.state.disk.files import LOG
from tests.integration.emulator.waiting import Emulator, until

if TYPE_CHECKING:
    from azureml.core import Workspace
    from azureml.pipeline.core import PipelineEndpoint, PipelineRun, PublishedPipeline, Schedule, StepRun

Publish = Callable[..., "PublishedPipeline"]
Finish = Callable[["PipelineRun"], "dict[str, StepRun]"]
Create = Callable[..., "Schedule"]


class Clock:
    """The workspace's own."""

    def __init__(self, emulator: Emulator, bearer: dict[str, str]) -> None:
        self._url = f"{emulator.http}/own/clock"
        self._bearer = bearer

    def now(self) -> datetime:
        """In UTC, without saying so, as the SDK wants start times."""
        shown = requests.get(self._url, headers=self._bearer, timeout=30).json()["now"]
        return datetime.fromisoformat(shown).replace(tzinfo=None)

    def move(self, **wanted: object) -> requests.Response:
        return requests.post(self._url, json=wanted, headers=self._bearer, timeout=60)

    def advance(self, **duration: float) -> None:
        answer = self.move(advance=timedelta(**duration).total_seconds())
        assert answer.status_code == 200, answer.text

    def go_to(self, time: datetime) -> None:
        answer = self.move(to=time.isoformat())
        assert answer.status_code == 200, answer.text


@pytest.fixture
def clock(emulator: Emulator, bearer: dict[str, str]) -> Clock:
    return Clock(emulator, bearer)


@pytest.fixture
def create(workspace: Workspace) -> Iterator[Create]:
    """Schedules a published pipeline or an endpoint; when the test is over, they fire no more."""
    from azureml.pipeline.core import PipelineEndpoint, Schedule, ScheduleRecurrence

    created: list[Schedule] = []

    def make(what: PublishedPipeline | PipelineEndpoint, *, recurrence: Any = None, **options: Any) -> Schedule:
        if recurrence:
            options["recurrence"] = ScheduleRecurrence(**recurrence)
        of_endpoint = isinstance(what, PipelineEndpoint)
        bind = Schedule.create_for_pipeline_endpoint if of_endpoint else Schedule.create
        created.append(bind(workspace, "nightly", what.id, "scheduled-runs", wait_for_provisioning=True, **options))
        return created[-1]

    yield make
    for schedule in created:
        schedule.disable()


@pytest.fixture
def endpoint(publish: Publish, workspace: Workspace, request: pytest.FixtureRequest) -> PipelineEndpoint:
    """A pipeline endpoint of the test's own whose pipeline prints n = 1."""
    from azureml.pipeline.core import PipelineEndpoint

    name = request.node.name.replace("_", "-")
    return PipelineEndpoint.publish(workspace, name, description="d", pipeline=publish("first"))


def count(schedule: Schedule) -> int:
    return len(schedule.get_pipeline_runs())


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
    start = clock.now() + timedelta(seconds=2)
    schedule = create(publish("soon"), recurrence={"frequency": "Day", "interval": 1, "start_time": start})
    until(schedule.get_last_pipeline_run, "the first run")
    assert count(schedule) == 1


def test_only_an_active_one_fires(publish: Publish, create: Create, clock: Clock) -> None:
    schedule = create(publish("paused"), recurrence={"frequency": "Hour", "interval": 1})
    assert count(schedule) == 1
    schedule.disable(wait_for_provisioning=True)
    clock.advance(hours=3)
    assert count(schedule) == 1
    schedule.enable(wait_for_provisioning=True)
    assert count(schedule) == 1
    clock.advance(hours=1)
    assert count(schedule) == 2


def test_update(publish: Publish, create: Create, clock: Clock, finish: Finish) -> None:
    from azureml.pipeline.core import ScheduleRecurrence

    start = clock.now()
    schedule = create(publish("changed"), recurrence={"frequency": "Week", "interval": 1, "start_time": start})
    schedule.update(recurrence=ScheduleRecurrence("Hour", 1, start_time=start), pipeline_parameters={"n": 3})
    assert count(schedule) == 0
    clock.advance(hours=1)
    assert finish(schedule.get_last_pipeline_run())["echo"].get_stdout_log() == "n = 3\n"
    schedule.update(name="renamed", description="and described")
    assert count(schedule) == 1
    clock.advance(hours=1)
    assert count(schedule) == 2


def test_update_without_a_start_time(publish: Publish, create: Create, clock: Clock) -> None:
    """As `amlgpu schedule create --run-now` does it, once and again: it runs at once, but not for a new name."""
    from azureml.pipeline.core import ScheduleRecurrence

    start = clock.now()
    schedule = create(publish("now"), recurrence={"frequency": "Day", "interval": 1, "start_time": start})
    for expected in (1, 2):
        schedule.update(recurrence=ScheduleRecurrence("Day", 1), wait_for_provisioning=True)
        assert count(schedule) == expected
    schedule.update(name="renamed")
    assert count(schedule) == 2


def test_default_of_the_endpoint_at_that_time(
    endpoint: PipelineEndpoint, publish: Publish, create: Create, clock: Clock, finish: Finish
) -> None:
    schedule = create(endpoint, recurrence={"frequency": "Hour", "interval": 1})
    assert finish(schedule.get_last_pipeline_run())["echo"].get_stdout_log() == "n = 1\n"
    endpoint.add_default(publish("second", default=2))
    clock.advance(hours=1)
    assert finish(schedule.get_last_pipeline_run())["echo"].get_stdout_log() == "n = 2\n"


def test_what_it_starts_is_disabled(
    endpoint: PipelineEndpoint, create: Create, clock: Clock, emulator: Emulator
) -> None:
    schedule = create(endpoint, recurrence={"frequency": "Hour", "interval": 1, "start_time": clock.now()})
    endpoint.disable()
    clock.advance(hours=1)
    assert count(schedule) == 0
    log = (emulator.folder / LOG).read_text()
    assert f"started nothing: pipeline endpoint '{endpoint.name}' is disabled" in log
    endpoint.enable()
    assert count(schedule) == 0
    clock.advance(hours=1)
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


def test_data_path_parameter_that_is_not_there(publish: Publish, create: Create, workspace: Workspace) -> None:
    store = workspace.get_default_datastore()
    with pytest.raises(Exception, match="pipeline 'paths' has no data path parameter 'data': it has none"):
        create(publish("paths"), datastore=store, data_path_parameter_name="data")


def test_what_cannot_be_scheduled(workspace: Workspace, create: Create, rest: Callable[..., requests.Response]) -> None:
    from azureml.pipeline.core import Schedule, ScheduleRecurrence

    recurrence = ScheduleRecurrence("Day", 1)
    with pytest.raises(Exception, match="pipeline endpoint 'none' not found"):
        Schedule.create_for_pipeline_endpoint(workspace, "lost", "none", "lost", recurrence=recurrence)
    with pytest.raises(Exception, match="pipeline 'none' not found"):
        Schedule.create(workspace, "lost", "none", "lost", recurrence=recurrence)
    refused = rest("POST", "/pipelines/v1.0", "/Schedules/Create", json={"Name": "lost"})
    assert refused.status_code == 400
    assert "needs a PipelineId or a PipelineEndpointId" in refused.json()["error"]["message"]


def test_bad_trigger_is_named(publish: Publish, rest: Callable[..., requests.Response]) -> None:
    body = {"Name": "bad", "PipelineId": publish("never").id, "PipelineSubmissionInfo": {"ExperimentName": "never"}}
    poll = {"DataStoreName": "workspaceblobstore", "PollingInterval": 5}
    daily = {"Frequency": "Day", "Interval": 1}
    for trigger, status, message in (
        ({"Recurrence": {"Frequency": "Year", "Interval": 1}}, 400, "one of Minute, Hour, Day, Week, Month"),
        ({"DataStoreTriggerInfo": {"DataStoreName": "another", "PollingInterval": 5}}, 404, "datastore 'another'"),
        ({"DataStoreTriggerInfo": {"DataStoreName": "workspaceblobstore"}}, 400, "polling interval is from 1"),
        ({}, 400, "needs a Recurrence, or a datastore to poll"),
        ({"DataStoreTriggerInfo": ["blobs"]}, 400, "DataStoreTriggerInfo must be an object, not ['blobs']"),
        ({"DataStoreTriggerInfo": poll | {"PollingInterval": True}}, 400, "PollingInterval must be a whole number"),
        ({"DataStoreTriggerInfo": poll | {"PathOnDataStore": 5}}, 400, "PathOnDataStore must be a text"),
        ({"DataStoreTriggerInfo": poll | {"PathOnDataStore": "a" * 300}}, 400, "path on the datastore"),
        ({"Recurrence": "daily"}, 400, "Recurrence must be an object, not 'daily'"),
        ({"Recurrence": daily, "PipelineSubmissionInfo": "never"}, 400, "PipelineSubmissionInfo must be an object"),
        ({"Recurrence": daily, "PipelineId": ["none"]}, 400, "PipelineId must be a text"),
    ):
        refused = rest("POST", "/pipelines/v1.0", "/Schedules/Create", json=body | trigger)
        assert (refused.status_code, message in refused.json()["error"]["message"]) == (status, True), refused.text


def test_what_is_no_schedule_or_no_status_is_named(
    publish: Publish, create: Create, clock: Clock, rest: Callable[..., requests.Response]
) -> None:
    for body in (5, "nightly", ["nightly"]):
        refused = rest("POST", "/pipelines/v1.0", "/Schedules/Create", json=body)
        assert (refused.status_code, "must be an object" in refused.text) == (400, True)
    schedule = create(publish("odd"), recurrence={"frequency": "Hour", "interval": 1, "start_time": clock.now()})
    refused = rest("PUT", "/pipelines/v1.0", f"/Schedules/{schedule.id}", json={"EntityStatus": "Paused"})
    assert (refused.status_code, "Active, Deprecated or Disabled, not 'Paused'" in refused.text) == (400, True)
    assert rest("GET", "/pipelines/v1.0", f"/Schedules/{schedule.id}").json()["EntityStatus"] == "Active"


def test_clock_is_for_those_who_are_signed_in(emulator: Emulator) -> None:
    for method in ("GET", "POST"):
        refused = requests.request(method, f"{emulator.http}/own/clock", json={"advance": 1}, timeout=10)
        assert refused.status_code == 401


def test_clock_goes_forward_only(clock: Clock) -> None:
    for wanted in ({"advance": -1}, {"to": "2020-01-01T00:00"}):
        refused = clock.move(**wanted)
        assert (refused.status_code, "cannot be moved back" in refused.text) == (400, True)
    for nonsense in ({"advance": "much"}, {"advance": 1e300}, {"to": "soon"}, {"to": None}, {}):
        assert clock.move(**nonsense).status_code == 400
