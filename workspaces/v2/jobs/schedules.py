"""Schedules of SDK v2, each of which holds a whole job: that of its endpoint's default, which publications replace."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, cast
from uuid import uuid4

from azure.ai.ml.entities import JobSchedule, RecurrencePattern, RecurrenceTrigger

from workspaces.azure.errors import translates
from workspaces.errors import RequestError
from workspaces.jobs.pipelines import Endpoint
from workspaces.jobs.schedules import Recurrence, Schedule
from workspaces.v2.connection import Connection
from workspaces.v2.jobs.following import ENDPOINT, EXPERIMENT, NAME, job_of, published_at

ACTIVE, DISABLED = "Active", "Disabled"
DISTINCT = 8
"""Characters that tell schedules of one name apart."""
UTC = "UTC"


@translates
class V2Schedules:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def active(self) -> list[Schedule]:
        found = self._operations.list()  # enabled ones only, unless it is asked for others
        return [_value(one, self._connection.scope) for one in found if isinstance(one, JobSchedule) and one.is_enabled]

    def create(
        self, name: str, endpoint: Endpoint, experiment: str, recurrence: Recurrence, *, description: str, run_now: bool
    ) -> None:
        tags = {NAME: name, ENDPOINT: endpoint.name, EXPERIMENT: experiment}
        self._put(f"{name}-{uuid4().hex[:DISTINCT]}", recurrence, description, tags, run_now)

    def update(self, schedule: Schedule, recurrence: Recurrence, *, run_now: bool) -> None:
        own = _own_name(schedule)
        found = self._operations.get(own)
        self._put(own, recurrence, found.description, dict(found.tags or {}), run_now)

    def disable(self, schedule: Schedule) -> None:
        self._operations.begin_disable(_own_name(schedule)).result()

    def _put(
        self, name: str, recurrence: Recurrence, description: str | None, tags: Mapping[str, str], run_now: bool
    ) -> None:
        """All of it anew: the SDK refuses to write the job of a schedule that it has read."""
        if ENDPOINT not in tags:
            raise RequestError(f"the schedule {name} has no tag {ENDPOINT}: it was made by somebody else")
        job = job_of(self._connection, published_at(self._connection, tags[ENDPOINT]), tags[EXPERIMENT])
        wanted = JobSchedule(
            name=name, trigger=sdk_trigger(recurrence), create_job=job, description=description, tags=dict(tags)
        )
        self._operations.begin_create_or_update(wanted).result()
        if run_now:
            self._operations.trigger(name)

    @property
    def _operations(self) -> Any:
        return self._connection.ml.schedules


def sdk_trigger(recurrence: Recurrence) -> RecurrenceTrigger:
    # Azure ML takes hours and minutes together or not at all.
    hours, minutes = list(recurrence.hours), list(recurrence.minutes or (0,) if recurrence.hours else ())
    days = [day.lower() for day in recurrence.week_days]
    pattern = RecurrencePattern(hours=hours, minutes=minutes, week_days=days or None) if hours or days else None
    return RecurrenceTrigger(
        frequency=recurrence.frequency.lower(),
        interval=recurrence.interval,
        schedule=pattern,
        start_time=f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%S}",
        time_zone=UTC,
    )


def _own_name(schedule: Schedule) -> str:
    return schedule.id.rpartition("/")[2]


def _value(found: JobSchedule, workspace: str) -> Schedule:
    tags, status = found.tags or {}, ACTIVE if found.is_enabled else DISABLED
    endpoint = tags.get(ENDPOINT)
    address = f"{workspace}/batchEndpoints/{endpoint}" if endpoint else None
    recurrence = _recurrence(found.trigger) if isinstance(found.trigger, RecurrenceTrigger) else None
    own = f"{workspace}/schedules/{found.name}"
    return Schedule(own, str(tags.get(NAME) or found.name), status, address, recurrence)


def _recurrence(trigger: RecurrenceTrigger) -> Recurrence:
    pattern = cast(Any, trigger.schedule)
    hours, minutes, days = (_listed(getattr(pattern, key, None)) for key in ("hours", "minutes", "week_days"))
    return Recurrence(
        str(trigger.frequency).capitalize(),
        int(trigger.interval),
        tuple(map(int, hours)),
        tuple(map(int, minutes)),
        tuple(str(day).capitalize() for day in days),
    )


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]
