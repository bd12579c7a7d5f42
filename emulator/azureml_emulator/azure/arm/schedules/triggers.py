"""When a schedule is due: by a recurrence or a cron expression, from a start to an end."""

from collections.abc import Callable
from datetime import datetime, timezone, tzinfo
from typing import NamedTuple

from azureml_emulator.azure.arm.schedules.cron import parse_cron
from azureml_emulator.azure.arm.schedules.shapes import CronTrigger, RecurrenceTrigger
from azureml_emulator.azure.pipelines.schedules.recurrence import (
    FREQUENCIES,
    WEEK_DAYS,
    Recurrence,
    next_time,
    utc,
    wall_time,
)
from azureml_emulator.azure.pipelines.schedules.timezones import zone_of
from azureml_emulator.errors import BadRequest, NotSupported
from azureml_emulator.server.requests.shapes import checked, shortened
from azureml_emulator.wire import Document

_COMMON = ("triggerType", "startTime", "endTime", "timeZone")
_KEYS = {"Cron": (*_COMMON, "expression"), "Recurrence": (*_COMMON, "frequency", "interval", "schedule")}
_PATTERN: dict[str, tuple[str, ...]] = {
    "hours": ("Day", "Week", "Month"),
    "minutes": ("Day", "Week", "Month"),
    "weekDays": ("Week",),
    "monthDays": ("Month",),
}
"""Keys of a pattern, and with which frequencies they have a meaning."""


class Trigger(NamedTuple):
    recurrence: Recurrence
    end: datetime | None
    """In UTC."""


def parse_trigger(sent: Document, created: datetime) -> Trigger:
    """A trigger without a start time starts when it was created: its first job comes with the next of its times.

    So says https://learn.microsoft.com/azure/machine-learning/how-to-schedule-pipeline-job. SDK v2's own description of
    a cron trigger says that a first job would be started at once. Raises BadRequest or NotSupported.
    """
    kind = sent["triggerType"]
    if kind not in _KEYS:
        raise BadRequest(f"triggerType is Cron or Recurrence, not {shortened(kind)}")
    if unknown := [key for key, value in sent.items() if key not in _KEYS[kind] and value is not None]:
        raise NotSupported(f"{shortened(unknown[0])} of a {kind} trigger")
    zone = zone_of(sent.get("timeZone"))
    start = wall_time(sent.get("startTime"), zone, "startTime") or created.astimezone(zone).replace(tzinfo=None)
    end = wall_time(sent.get("endTime"), zone, "endTime")
    make: dict[str, Callable[[Document, datetime, tzinfo], Recurrence]] = {"Cron": _cron, "Recurrence": _recurrence}
    if end and end <= start:
        raise BadRequest(f"endTime {sent['endTime']} is not after the start, {start:%Y-%m-%dT%H:%M:%S}")
    return Trigger(make[kind](sent, start.replace(microsecond=0), zone), utc(end, zone) if end else None)


def due_after(trigger: Trigger, after: datetime) -> datetime | None:
    """In UTC; None when it has ended by then. Raises BadRequest when the calendar ends."""
    due = next_time(trigger.recurrence, after)
    return None if trigger.end and due > trigger.end else due


def _cron(sent: Document, start: datetime, zone: tzinfo) -> Recurrence:
    checked(CronTrigger, sent, "trigger")
    cron = parse_cron(sent["expression"])
    return Recurrence("Day", 1, start, zone, cron.hours, cron.minutes, cron.week_days)


def _recurrence(sent: Document, start: datetime, zone: tzinfo) -> Recurrence:
    checked(RecurrenceTrigger, sent, "trigger")
    frequency = sent["frequency"].capitalize()
    if frequency not in FREQUENCIES:
        raise BadRequest(f"trigger.frequency is one of {', '.join(FREQUENCIES)}, not {shortened(sent['frequency'])}")
    if frequency in ("Minute", "Hour"):  # so much after so much, whatever the clock on the wall does in between
        start, zone = utc(start, zone).replace(tzinfo=None), timezone.utc
    pattern = {key: value for key, value in (sent.get("schedule") or {}).items() if value}
    for key in pattern:
        if frequency not in _PATTERN.get(key, ()):
            raise NotSupported(f"trigger.schedule.{shortened(key)[1:-1]} with the frequency {frequency}")
    return Recurrence(
        frequency,
        sent["interval"],
        start,
        zone,
        hours=tuple(pattern.get("hours", ())),
        minutes=tuple(pattern.get("minutes", ())),
        week_days=tuple(_week_day(day) for day in pattern.get("weekDays", ())),
        month_days=tuple(pattern.get("monthDays", ())),
    )


def _week_day(name: str) -> int:
    if name.capitalize() not in WEEK_DAYS:
        raise BadRequest(f"trigger.schedule.weekDays are of {', '.join(WEEK_DAYS)}, not {shortened(name)}")
    return WEEK_DAYS.index(name.capitalize())
