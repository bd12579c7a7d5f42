"""Schedules that start jobs. When each is due next is in the store, so that a restart changes nothing about it."""

import sys
from datetime import datetime, timezone

from azureml_emulator.azure.arm.jobs.submission import Hosts, check_job, submit_job
from azureml_emulator.azure.arm.schedules.definitions import definition_of
from azureml_emulator.azure.arm.schedules.documents import KIND, planned
from azureml_emulator.errors import ApiError, NotSupported
from azureml_emulator.inert import inert_line
from azureml_emulator.wire import Document

SCHEDULE_NAME = "azureml.scheduleName"
"""Property of a job: which schedule started it."""


class JobSchedules:
    """Those of SDK v2. The scheduler of v1's asks it to fire, too."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._store, self._clock = hosts.workspace.store, hosts.workspace.clock

    def recover(self) -> None:
        """Called at start: times that passed in the meantime are skipped.

        A schedule that an earlier version took, and this one would refuse, is disabled.
        """
        moment = self._clock.now()
        for schedule in self._waiting():
            if refused := self._refused(schedule):
                _say(schedule, f"is disabled, since its job can't be started any more; create it again: {refused}")
                self._store.put(KIND, schedule["name"], _disabled(schedule))
        for schedule in self._waiting():
            if _due(schedule) <= moment:
                _say(schedule, "was due while the local workspace was stopped: skipped")
                self._store.put(KIND, schedule["name"], self._go_on(schedule))

    def next_due(self) -> datetime | None:
        return min((_due(schedule) for schedule in self._waiting()), default=None)

    def fire_due(self) -> None:
        """Each once, however many of its times have passed since the last look."""
        moment = self._clock.now()
        for schedule in self._waiting():
            if _due(schedule) <= moment:
                self._fire(schedule)

    def _fire(self, schedule: Document) -> None:
        """Start its job, and note the next time in the same transaction: killed before its end, there is neither."""
        onward = self._go_on(schedule)
        try:
            with self._store.transaction():
                self._store.put(KIND, schedule["name"], onward)
                start_job(self._hosts, schedule, _due(schedule))
        except Exception as error:  # noqa: BLE001 - whatever it was, this schedule and the others go on
            self._store.put(KIND, schedule["name"], onward)
            _say(schedule, f"started nothing: {error if isinstance(error, ApiError) else repr(error)}")

    def _go_on(self, schedule: Document) -> Document:
        """The schedule with its next time; disabled where none can be told, so that the others go on."""
        try:
            return planned(schedule, self._clock.now())
        except ApiError as error:
            _say(schedule, f"has no next time and is disabled: {error}")
            return _disabled(schedule)

    def _refused(self, schedule: Document) -> NotSupported | None:
        """Not what is missing, such as a compute: that may be there again when it is due."""
        workspace = self._hosts.workspace
        try:
            definition = definition_of(workspace, schedule["properties"]["action"]["jobDefinition"])
            check_job(workspace, schedule["name"], definition)
        except NotSupported as error:
            return error
        except ApiError:
            return None
        return None

    def _waiting(self) -> list[Document]:
        return [schedule for schedule in self._store.all(KIND) if schedule["_next"]]


def start_job(hosts: Hosts, schedule: Document, moment: datetime) -> str:
    """The name of the job, which tells the schedule and the time. Raises an ApiError where it can't be started."""
    definition = definition_of(hosts.workspace, schedule["properties"]["action"]["jobDefinition"])
    shown = f"{schedule['name']}-{moment.astimezone(timezone.utc):%Y%m%dT%H%M%SZ}"
    own = {"displayName": shown, "properties": (definition.get("properties") or {}) | {SCHEDULE_NAME: schedule["name"]}}
    name = _free(hosts, shown)
    submit_job(hosts, name, definition | own)
    return name


def _free(hosts: Hosts, wanted: str) -> str:
    """Triggered twice in a second, or at a time that it is due at, a schedule starts several jobs."""
    name, number = wanted, 1
    while hosts.workspace.store.find("run", name):
        number += 1
        name = f"{wanted}-{number}"
    return name


def _disabled(schedule: Document) -> Document:
    return schedule | {"_next": None, "properties": schedule["properties"] | {"isEnabled": False}}


def _due(schedule: Document) -> datetime:
    return datetime.fromisoformat(schedule["_next"])


def _say(schedule: Document, what: str) -> None:
    line = inert_line(f"schedule {schedule['name']} (due {schedule['_next']}) {what}")
    print(line, file=sys.stderr, flush=True)
