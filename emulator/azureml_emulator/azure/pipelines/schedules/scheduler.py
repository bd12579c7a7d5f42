"""Schedules that fire. When each is due next is in the store, so that a restart changes nothing about it."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from starlette.requests import Request

from azureml_emulator.azure.pipelines.endpoints import startable_pipeline
from azureml_emulator.azure.pipelines.published import submit_published
from azureml_emulator.azure.pipelines.runs.engine import Engine
from azureml_emulator.azure.pipelines.schedules.triggers import (
    blobs_seen,
    is_recurrence,
    news,
    next_due,
    starts_at_once,
    submissions,
)
from azureml_emulator.errors import ApiError
from azureml_emulator.inert import inert_line
from azureml_emulator.state.disk.room import when_there_is_room
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

_LONGEST_SLEEP_SECONDS = 60.0
"""A machine that was suspended, or whose clock was set, is noticed after this; the event loop's own timers don't."""


class Others(Protocol):
    """Schedules of another kind, which fire by the same clock."""

    def recover(self) -> None: ...

    def next_due(self) -> datetime | None: ...

    def fire_due(self) -> None: ...


class Scheduler:
    """Fires the active schedules of a workspace.

    A schedule's own keys: `_started`, the start of a recurrence that has no start time; `_next`, when it is due;
    `_seen`, what the last poll found.
    """

    def __init__(self, workspace: LocalWorkspace, engine: Engine, others: Sequence[Others] = ()) -> None:
        self._workspace = workspace
        self._engine = engine
        self._others = others
        self._changed = asyncio.Event()

    def plan(self, schedule: Document) -> Document:
        """A schedule that is new, or has a new trigger, as it is to be stored. Raises an ApiError for a bad trigger."""
        moment = self._workspace.clock.now()
        schedule = schedule | {"_started": moment.isoformat()}
        due = next_due(self._workspace, schedule, moment)
        if not is_recurrence(schedule):
            schedule["_seen"] = blobs_seen(self._workspace, schedule)
        return schedule | {"_next": (moment if starts_at_once(schedule) else due).isoformat()}

    def plan_again(self, schedule: Document) -> Document:
        """A schedule whose trigger stays, as it is to be stored: it goes on with the next regular time."""
        return schedule | {"_next": next_due(self._workspace, schedule, self._workspace.clock.now()).isoformat()}

    def recover(self) -> None:
        """Called at start: times that passed in the meantime are skipped; what changed since the last poll is found."""
        moment, store = self._workspace.clock.now(), self._workspace.store
        for schedule in store.all("schedule"):
            if "_next" not in schedule:  # recorded by a version that fired none
                store.put("schedule", schedule["Id"], self._go_on(schedule | {"_started": moment.isoformat()}))
        for schedule in self._active():
            if is_recurrence(schedule) and _due(schedule) <= moment:
                _say(schedule, "was due while the local workspace was stopped: skipped")
                store.put("schedule", schedule["Id"], self._go_on(schedule))
        for others in self._others:
            others.recover()

    async def run(self) -> None:
        """Fire for ever, asleep until the next schedule is due or until `wake` is called."""
        while True:
            self._changed.clear()
            await when_there_is_room(self._fire_due)
            await self._change_or(self._seconds_to_sleep())

    async def _change_or(self, seconds: float | None) -> None:
        """Not by asyncio.wait_for: canceled right after a change, that would go on as if it were not (bpo-37658)."""
        alarm = asyncio.get_running_loop().call_later(seconds, self._changed.set) if seconds is not None else None
        try:
            await self._changed.wait()
        finally:
            if alarm:
                alarm.cancel()

    def wake(self) -> None:
        """Called when schedules or the clock have changed. What is due by now has fired when this returns."""
        self._fire_due()
        self._changed.set()

    def _seconds_to_sleep(self) -> float | None:
        of_others = (others.next_due() for others in self._others)
        due = [_due(schedule) for schedule in self._active()] + [one for one in of_others if one]
        if not due:
            return None
        seconds = (min(due) - self._workspace.clock.now()).total_seconds()
        return min(max(seconds, 0), _LONGEST_SLEEP_SECONDS)

    def _fire_due(self) -> None:
        """Each once, however many of its times have passed since the last look."""
        moment = self._workspace.clock.now()
        for schedule in self._active():
            if _due(schedule) <= moment:
                self._fire(schedule)
        for others in self._others:
            others.fire_due()

    def _fire(self, schedule: Document) -> None:
        """Start its runs, and note the next time in the same transaction.

        Killed before its end, there is neither and the time is skipped; after it, the runs have failed and say so.
        """
        store, planned = self._workspace.store, self._go_on(schedule)
        blobs: list[str] = []
        try:
            if not is_recurrence(schedule):
                planned["_seen"] = blobs_seen(self._workspace, schedule)
                blobs = news(schedule["_seen"], planned["_seen"])
            with store.transaction():
                store.put("schedule", schedule["Id"], planned)
                if blobs or is_recurrence(schedule):
                    self._submit(schedule, blobs)
        except Exception as error:  # noqa: BLE001 - whatever it was, this schedule and the others go on
            store.put("schedule", schedule["Id"], planned)
            _say(schedule, f"started nothing: {error if isinstance(error, ApiError) else repr(error)}")

    def _go_on(self, schedule: Document) -> Document:
        """The schedule with its next time; disabled if it has none, so that the others go on."""
        try:
            return self.plan_again(schedule)
        except ApiError as error:
            _say(schedule, f"has no next time and is disabled: {error}")
            return schedule | {"EntityStatus": "Disabled"}

    def _submit(self, schedule: Document, blobs: list[str]) -> None:
        pipeline_id = schedule.get("PipelineId")
        if schedule.get("PipelineEndpointId"):
            pipeline_id = startable_pipeline(self._workspace.store, schedule["PipelineEndpointId"])
        for body in submissions(schedule, blobs):
            submit_published(self._workspace, self._engine, str(pipeline_id), body, schedule_id=schedule["Id"])

    def _active(self) -> list[Document]:
        return [one for one in self._workspace.store.all("schedule") if one["EntityStatus"] == "Active"]


def scheduler_of(request: Request) -> Scheduler:
    scheduler: Scheduler = request.app.state.scheduler
    return scheduler


def _due(schedule: Document) -> datetime:
    return datetime.fromisoformat(schedule["_next"])


def _say(schedule: Document, what: str) -> None:
    name = f"{schedule.get('Name')} ({schedule['Id']}, due {schedule.get('_next')})"
    print(inert_line(f"schedule {name} {what}"), file=sys.stderr, flush=True)
