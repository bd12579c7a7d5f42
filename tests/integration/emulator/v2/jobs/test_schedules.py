"""Schedules of jobs through SDK v2, by the clock of the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.integration.emulator.v2.jobs.jobs import Command, finish
from tests.integration.emulator.waiting import until

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

Rest = Callable[..., requests.Response]
Make = Callable[..., Any]
"""Makes a schedule: `make(NAME, TRIGGER)`. What it is read as holds triggers and jobs of several kinds."""
Clock = Callable[[timedelta], datetime]
SCHEDULE = "azureml.scheduleName"


@pytest.fixture
def clock(rest: Rest, emulator: Any, bearer: dict[str, str]) -> Clock:
    """Moves the clock; what is due by then has started."""

    def advance(by: timedelta) -> datetime:
        answer = requests.post(
            f"{emulator.http}/own/clock", json={"advance": by.total_seconds()}, headers=bearer, timeout=30
        )
        assert answer.status_code == 200, answer.text
        return datetime.fromisoformat(answer.json()["now"])

    return advance


@pytest.fixture(scope="module")
def schedule(client: MLClient, command: Command) -> Iterator[Make]:
    """Makes a schedule of a pipeline with a step that prints a line; ends what is left of them."""
    from azure.ai.ml import dsl
    from azure.ai.ml.entities import JobSchedule

    made: list[str] = []
    made_of = command("echo scheduled")

    @dsl.pipeline(None, name="v2_scheduled", default_compute="v2-jobs", tags={"of": "a test"})
    def scheduled() -> None:
        step = made_of()
        step.name = "step"

    def make(name: str, trigger: Any, job: Any = None, **options: Any) -> Any:
        made.append(name)
        if job is None:
            job = scheduled()
            job.experiment_name = "v2-schedules"
        sent = JobSchedule(name=name, trigger=trigger, create_job=job, **options)
        return client.schedules.begin_create_or_update(sent).result()

    yield make
    for name in made:
        client.schedules.begin_disable(name).result()


def jobs_of(client: MLClient, name: str) -> list[str]:
    return sorted(job.name for job in client.jobs.list() if job.properties.get(SCHEDULE) == name)


def test_a_cron_schedule(client: MLClient, schedule: Make, clock: Clock) -> None:
    from azure.ai.ml.entities import CronTrigger

    trigger = CronTrigger(expression="30 4 * * 1,3", time_zone="W. Europe Standard Time")
    made = schedule("v2-cron", trigger, display_name="Mondays", description="d", tags={"a": "b"})
    assert (made.is_enabled, made.provisioning_state, made.trigger.expression) == (True, "Succeeded", "30 4 * * 1,3")
    assert (made.display_name, made.description, made.tags) == ("Mondays", "d", {"a": "b"})
    assert list(made.create_job.jobs) == ["step"]
    assert jobs_of(client, "v2-cron") == []
    clock(timedelta(days=7))
    (name,) = jobs_of(client, "v2-cron")  # once for both of its times, as after a machine has slept
    job = finish(client, client.jobs.get(name))
    assert (job.status, job.experiment_name, job.tags) == ("Completed", "v2-schedules", {"of": "a test"})
    due = datetime.strptime(name, "v2-cron-%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    assert (due.weekday() in (0, 2), due.minute, due.hour in (2, 3)) == (True, 30, True)
    assert job.display_name == name


def test_a_recurrence_with_a_pattern(client: MLClient, schedule: Make, clock: Clock) -> None:
    from azure.ai.ml.entities import RecurrencePattern, RecurrenceTrigger

    pattern = RecurrencePattern(hours=[4], minutes=[0, 30], week_days=["monday", "tuesday"])
    trigger = RecurrenceTrigger(frequency="week", interval=1, schedule=pattern, start_time="2026-01-01T00:00:00")
    made = schedule("v2-weekly", trigger)
    assert (made.trigger.frequency, made.trigger.interval, made.trigger.start_time) == (
        "week",
        1,
        "2026-01-01T00:00:00",
    )
    assert (made.trigger.schedule.hours, made.trigger.schedule.minutes) == ([4], [0, 30])
    clock(timedelta(days=7))
    assert len(jobs_of(client, "v2-weekly")) == 1


def test_disabled_it_starts_nothing(client: MLClient, schedule: Make, clock: Clock) -> None:
    from azure.ai.ml.entities import RecurrenceTrigger
    from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

    schedule("v2-hourly", RecurrenceTrigger(frequency="hour", interval=1))
    assert "v2-hourly" in [one.name for one in client.schedules.list()]
    assert client.schedules.begin_disable("v2-hourly").result().is_enabled is False
    assert "v2-hourly" not in [one.name for one in client.schedules.list()]
    for view, there in (("DisabledOnly", True), ("All", True), ("EnabledOnly", False)):
        listed = client.schedules.list(list_view_type=view)
        assert ("v2-hourly" in [one.name for one in listed]) == there
    clock(timedelta(hours=3))
    assert jobs_of(client, "v2-hourly") == []
    assert client.schedules.begin_enable("v2-hourly").result().is_enabled is True
    clock(timedelta(hours=1))
    assert len(jobs_of(client, "v2-hourly")) == 1
    with pytest.raises(ResourceExistsError, match="disable it before"):
        client.schedules.begin_delete("v2-hourly").result()
    client.schedules.begin_disable("v2-hourly").result()
    client.schedules.begin_delete("v2-hourly").result()
    with pytest.raises(ResourceNotFoundError, match="v2-hourly"):
        client.schedules.get("v2-hourly")
    schedule("v2-hourly", RecurrenceTrigger(frequency="hour", interval=1))


def test_it_ends(client: MLClient, schedule: Make, clock: Clock) -> None:
    from azure.ai.ml.entities import RecurrenceTrigger

    now = clock(timedelta(seconds=1)).astimezone(timezone.utc).replace(tzinfo=None)
    trigger = RecurrenceTrigger(
        frequency="day", interval=1, start_time=now + timedelta(hours=1), end_time=now + timedelta(days=1, hours=2)
    )
    schedule("v2-ends", trigger)
    for days, jobs in ((0, 1), (1, 2), (1, 2)):
        clock(timedelta(days=days, hours=1, minutes=1))
        assert len(jobs_of(client, "v2-ends")) == jobs
    client.schedules.begin_disable("v2-ends").result()  # whose end has passed by now


def test_it_is_triggered_by_hand(client: MLClient, schedule: Make) -> None:
    from azure.ai.ml.entities import CronTrigger

    schedule("v2-by-hand", CronTrigger(expression="0 0 * * *"))
    moment = "2026-03-04T05:06:07+00:00"
    first, second = (client.schedules.trigger("v2-by-hand", schedule_time=moment) for _ in range(2))
    assert (first.job_name, second.job_name) == ("v2-by-hand-20260304T050607Z", "v2-by-hand-20260304T050607Z-2")
    assert finish(client, client.jobs.get(first.job_name)).status == "Completed"
    assert finish(client, client.jobs.get(second.job_name)).status == "Completed"


def test_it_starts_a_job_that_there_was_once_more(client: MLClient, schedule: Make) -> None:
    """As it was read, or by its id."""
    from azure.ai.ml.entities import CronTrigger

    trigger = CronTrigger(expression="0 0 * * sun")
    schedule("v2-first", trigger)
    job = finish(client, client.jobs.get(client.schedules.trigger("v2-first").job_name))
    for name, again in (("v2-by-object", job), ("v2-by-id", job.id)):
        made = schedule(name, trigger, again)
        assert client.schedules.begin_disable(name).result().is_enabled is False
        started: Any = client.jobs.get(client.schedules.trigger(made.name).job_name)
        assert list(started.jobs) == ["step"]
        assert finish(client, started).status == "Completed"


@pytest.fixture(scope="module")
def body(client: MLClient, schedule: Make, emulator: Any, bearer: dict[str, str]) -> Any:
    """A schedule as REST has it."""
    from azure.ai.ml.entities import CronTrigger

    schedule("v2-read", CronTrigger(expression="0 0 * * *"))
    answer = requests.get(f"{emulator.http}{emulator.scope}/schedules/v2-read", headers=bearer, timeout=10)
    return answer.json()


CRON = {"triggerType": "Cron", "expression": "0 0 * * *"}
RECURRENCE = {"triggerType": "Recurrence", "frequency": "Day", "interval": 1}


@pytest.mark.parametrize(
    ("trigger", "said"),
    [
        ({"triggerType": "Tide"}, "triggerType is Cron or Recurrence, not 'Tide'"),
        (CRON | {"expression": "0 0 * *"}, "MINUTES HOURS DAYS MONTHS DAYS-OF-WEEK"),
        (CRON | {"expression": "60 0 * * *"}, "MINUTES of a cron expression are from 0 to 59"),
        (CRON | {"expression": "0 0 1 * *"}, "Azure ML would ignore it"),
        (CRON | {"timeZone": "Moon Standard Time"}, "there is no time zone 'Moon Standard Time'"),
        (CRON | {"startTime": "tomorrow"}, "startTime is written YYYY-MM-DDThh:mm:ss"),
        (CRON | {"endTime": "2020-01-01T00:00:00"}, "is not after the start"),
        (CRON | {"startTime": "2020-01-01T00:00:00", "endTime": "2021-01-01T00:00:00"}, "has passed"),
        (CRON | {"frequency": "Day"}, "'frequency' of a Cron trigger"),
        (RECURRENCE | {"frequency": "Year"}, "trigger.frequency is one of"),
        (RECURRENCE | {"interval": 0}, "trigger.interval must be at least 1"),
        (RECURRENCE | {"schedule": {"hours": [24]}}, "trigger.schedule.hours[0] must be at most 23"),
        (RECURRENCE | {"schedule": {"weekDays": ["Monday"]}}, "weekDays with the frequency Day"),
        (RECURRENCE | {"frequency": "Week", "schedule": {"weekDays": ["Noday"]}}, "weekDays are of Monday"),
        (RECURRENCE | {"frequency": "Hour", "schedule": {"minutes": [5]}}, "minutes with the frequency Hour"),
    ],
)
def test_triggers_that_are_refused(rest: Rest, body: Any, trigger: dict[str, object], said: str) -> None:
    refused(rest, body["properties"] | {"trigger": trigger}, said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"actionType": "CreateMonitor"}, "schedules with the action 'CreateMonitor'"),
        ({"sourceJob": "x"}, "'sourceJob' of actions of schedules"),
        ({"jobDefinition": {"jobType": "Pipeline", "sourceJobId": "nobody"}}, "'nobody' is the id of no job"),
        ({"jobDefinition": {"jobType": "Sweep"}}, "jobs of the type Sweep"),
        ({"jobDefinition": {"jobType": "Command", "command": "x"}}, "the request lacks 'environmentId'"),
    ],
)
def test_actions_that_are_refused(rest: Rest, body: Any, change: dict[str, object], said: str) -> None:
    refused(rest, body["properties"] | {"action": body["properties"]["action"] | change}, said)


def test_what_would_be_ignored_is_refused(rest: Rest, body: Any) -> None:
    refused(rest, body["properties"] | {"retries": 3}, "'retries' of schedules")
    definition = body["properties"]["action"]["jobDefinition"]
    filled = definition | {"inputs": {"at": {"value": "${{creation_context.trigger_time}}"}}}
    action = {"actionType": "CreateJob", "jobDefinition": filled}
    refused(rest, body["properties"] | {"action": action}, "expressions that a schedule fills in")
    answer = rest("GET", "", "/schedules", params={"listViewType": "Sometimes"})
    assert "listViewType is one of EnabledOnly, DisabledOnly, All" in answer.json()["error"]["message"]
    answer = rest("PUT", "", "/schedules/v2 odd", json={"properties": body["properties"]})
    assert "is no name of a schedule" in answer.json()["error"]["message"]


def refused(rest: Rest, properties: dict[str, object], said: str) -> None:
    answer = rest("PUT", "", "/schedules/v2-refused", json={"properties": properties})
    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]
    assert rest("GET", "", "/schedules/v2-refused").status_code == 404


def test_what_was_sent_is_found_back(rest: Rest, body: Any) -> None:
    sent = body["properties"] | {"tags": {"k": "v"}, "properties": {"p": "q"}, "description": "d", "displayName": "n"}
    sent["trigger"] = RECURRENCE | {"schedule": {"hours": [4], "minutes": []}, "timeZone": "UTC"}
    assert rest("PUT", "", "/schedules/v2-read", json={"properties": sent}).status_code == 200
    found = rest("GET", "", "/schedules/v2-read").json()
    assert found["properties"] == sent
    assert not [key for key in found if key.startswith("_")]
    assert found["systemData"]["createdAt"] == body["systemData"]["createdAt"]


def test_a_schedule_whose_job_cannot_start_goes_on(client: MLClient, schedule: Make, clock: Clock) -> None:
    from azure.ai.ml.entities import AmlCompute, RecurrenceTrigger

    made = schedule("v2-without-compute", RecurrenceTrigger(frequency="hour", interval=1))
    client.compute.begin_delete("v2-jobs").wait()
    clock(timedelta(hours=1))
    assert jobs_of(client, "v2-without-compute") == []
    client.compute.begin_create_or_update(AmlCompute(name="v2-jobs", size="Standard_D2_v3")).result()
    clock(timedelta(hours=1))
    until(lambda: jobs_of(client, "v2-without-compute"), f"a job of {made.name}")
