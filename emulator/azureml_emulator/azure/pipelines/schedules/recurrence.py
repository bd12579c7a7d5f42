"""When a recurrence is due: the rules that the SDK documents, on python-dateutil's calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, datetime, timedelta, timezone, tzinfo
from typing import Any

from dateutil import rrule

from azureml_emulator.azure.pipelines.schedules.timezones import zone_of
from azureml_emulator.errors import BadRequest
from azureml_emulator.wire import Document

FREQUENCIES = {
    "Minute": rrule.MINUTELY,
    "Hour": rrule.HOURLY,
    "Day": rrule.DAILY,
    "Week": rrule.WEEKLY,
    "Month": rrule.MONTHLY,
}
_LENGTHS = {
    "Minute": timedelta(minutes=1),
    "Hour": timedelta(hours=1),
    "Day": timedelta(days=1),
    "Week": timedelta(weeks=1),
}
"""By the wall clock, where even a day with a clock change is one day. A month has no length."""
WEEK_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LONGEST_INTERVAL = 100_000
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
"""Of starts: calendars of zones end at the years 1 and 9999."""
_CLOCK_CHANGE = timedelta(hours=25)
"""More than any zone ever moved its clock at once: Samoa left out a whole day."""


@dataclass(frozen=True)
class Recurrence:
    """`start` is what the clock on the wall shows in `zone`, without a zone of its own."""

    frequency: str
    interval: int
    start: datetime
    zone: tzinfo = timezone.utc
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    week_days: tuple[int, ...] = ()
    """0 is Monday."""
    month_days: tuple[int, ...] = ()
    """A month that has no such day has none of its times."""


def parse_recurrence(wire: object, created: datetime) -> Recurrence:
    """The recurrence as the SDK sends it; without a start time it starts when it was created.

    Raises BadRequest, which names what cannot be.
    """
    if not isinstance(wire, dict):
        raise BadRequest(f"a recurrence holds Frequency and Interval, not {wire!r}")
    frequency, interval = wire.get("Frequency"), wire.get("Interval")
    if not isinstance(frequency, str) or frequency not in FREQUENCIES:
        raise BadRequest(f"the Frequency of a recurrence is one of {', '.join(FREQUENCIES)}, not {frequency!r}")
    if type(interval) is not int or not 1 <= interval <= LONGEST_INTERVAL:
        raise BadRequest(f"the Interval of a recurrence is from 1 to {LONGEST_INTERVAL}, not {interval!r}")
    zone = zone_of(wire.get("TimeZone"))
    sent = wall_time(wire.get("StartTime"), zone, "the StartTime of a recurrence")
    start = sent or created.astimezone(zone).replace(tzinfo=None)
    if frequency in ("Minute", "Hour"):  # so much after so much, whatever the clock on the wall does in between
        start, zone = utc(start, zone).replace(tzinfo=None), timezone.utc
    times = wire.get("Schedule") or {}
    if not isinstance(times, dict):
        raise BadRequest(f"the Schedule of a recurrence holds Hours, Minutes and WeekDays, not {times!r}")
    return Recurrence(
        frequency,
        interval,
        start.replace(microsecond=0),
        zone,
        hours=_numbers(times, "Hours", range(24), allowed=frequency in ("Day", "Week")),
        minutes=_numbers(times, "Minutes", range(60), allowed=frequency in ("Day", "Week")),
        week_days=tuple(
            WEEK_DAYS.index(day) for day in _values(times, "WeekDays", WEEK_DAYS, allowed=frequency == "Week")
        ),
    )


def next_time(recurrence: Recurrence, after: datetime) -> datetime:
    """The first time that is later than `after`, in UTC. Raises BadRequest when the calendar ends before it."""
    if recurrence.hours or recurrence.minutes:
        # Documented by the SDK: a start that matches the times of the day is not the first of them.
        after = max(after, utc(recurrence.start, recurrence.zone))
    wall = after.astimezone(recurrence.zone).replace(tzinfo=None)
    around = timedelta(0) if recurrence.zone is timezone.utc else _CLOCK_CHANGE
    rule = _rule(recurrence, wall - around)
    later = rule.after(wall + around)
    if later is None or later.year == MAXYEAR:
        raise BadRequest(f"the recurrence has no time after {after:%Y-%m-%dT%H:%M:%S}: the calendar ends before it")
    # Where the clock is changed, times can follow each other otherwise than on the wall, or fall together.
    nearby = (utc(time, recurrence.zone) for time in rule.between(wall - around, later + around, inc=True))
    return min(time for time in nearby if time > after)


def _rule(recurrence: Recurrence, earliest: datetime) -> rrule.rrule:
    """The times by the wall clock from `earliest` on, which spares counting all those since the start."""
    start, frequency = recurrence.start, recurrence.frequency
    if (length := _LENGTHS.get(frequency)) and earliest > start:
        period = length * recurrence.interval
        start += (earliest - start) // period * period
    options: dict[str, Any] = {"freq": FREQUENCIES[frequency], "interval": recurrence.interval, "wkst": rrule.MO}
    if recurrence.hours or recurrence.minutes:
        options |= {"byhour": recurrence.hours or 0, "byminute": recurrence.minutes or 0, "bysecond": 0}
    if recurrence.week_days:
        options["byweekday"] = recurrence.week_days
    if recurrence.month_days:
        options["bymonthday"] = recurrence.month_days
    elif frequency == "Month" and start.day > 28:  # or the last day of a month that is too short
        times = max(len(recurrence.hours), 1) * max(len(recurrence.minutes), 1)
        options |= {"bymonthday": range(28, start.day + 1), "bysetpos": range(-times, 0)}
    return rrule.rrule(dtstart=start, **options)


def utc(wall: datetime, zone: tzinfo) -> datetime:
    """A time that the clock skips is as much later; of one that it shows twice, the first."""
    return wall.replace(tzinfo=zone).astimezone(timezone.utc)


def wall_time(text: object, zone: tzinfo, name: str) -> datetime | None:
    """What the clock on the wall shows in the zone at a time that was sent, if one was. Raises BadRequest."""
    if not text:
        return None
    try:
        start = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        raise BadRequest(f"{name} is written YYYY-MM-DDThh:mm:ss, not '{text}'") from None
    if _FIRST_YEAR <= start.year <= _LAST_YEAR and start.tzinfo:
        start = start.astimezone(zone).replace(tzinfo=None)
    if not _FIRST_YEAR <= start.year <= _LAST_YEAR:
        raise BadRequest(f"{name} is from the year {_FIRST_YEAR} to {_LAST_YEAR}, not {start.year}")
    return start


def _numbers(times: Document, key: str, known: range, *, allowed: bool) -> tuple[int, ...]:
    return tuple(_values(times, key, known, allowed=allowed))


def _values(times: Document, key: str, known: Sequence[Any], *, allowed: bool) -> list[Any]:
    values = times.get(key) or []
    if not isinstance(values, list):
        raise BadRequest(f"the {key} of a recurrence are a list, not {values!r}")
    if values and not allowed:
        raise BadRequest(f"a recurrence of this Frequency takes no {key}")
    if wrong := [value for value in values if value not in known or type(value) is not type(known[0])]:
        raise BadRequest(f"the {key} of a recurrence are from {known[0]} to {known[-1]}, not {wrong[0]!r}")
    return values
