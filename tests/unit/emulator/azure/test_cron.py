"""Cron expressions, and when they and other triggers of SDK v2's schedules are due."""

from datetime import datetime, timezone
from typing import Any

import pytest

from azureml_emulator.azure.arm.schedules.cron import parse_cron
from azureml_emulator.azure.arm.schedules.triggers import due_after, parse_trigger
from azureml_emulator.errors import BadRequest

CREATED = datetime(2026, 1, 1, 12, 0, 30, 5, tzinfo=timezone.utc)
"""A Thursday."""


@pytest.mark.parametrize(
    ("expression", "minutes", "hours", "week_days"),
    [
        ("0 0 * * 0", (0,), (0,), (6,)),
        ("15 16 * * 1", (15,), (16,), (0,)),
        ("*/20 9-11 * * mon-fri", (0, 20, 40), (9, 10, 11), (0, 1, 2, 3, 4)),
        ("5,10,5 1-9/4 * * SUN,3", (5, 10), (1, 5, 9), (2, 6)),
        ("50/5 23 * * *", (50, 55), (23,), (0, 1, 2, 3, 4, 5, 6)),
        ("  1   2 *  * Saturday ", (1,), (2,), (5,)),
    ],
)
def test_expressions(
    expression: str, minutes: tuple[int, ...], hours: tuple[int, ...], week_days: tuple[int, ...]
) -> None:
    assert parse_cron(expression) == (minutes, hours, week_days)


@pytest.mark.parametrize(
    "expression",
    [
        *("", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * * * 7", "* * 1 * *", "* * * 2 *", "a * * * *"),
        *("5-1 * * * *", "*/0 * * * *", "1- * * * *", ", * * * *", "1//2 * * * *", "² * * * *", "-1 * * * *"),
        *("mon * * * *", "* * * * funday", "1/ * * * *", "*-5 * * * *", "1 2 L * *", "@daily"),
    ],
)
def test_what_is_no_expression(expression: str) -> None:
    with pytest.raises(BadRequest, match="cron expression"):
        parse_cron(expression)


def due(after: str, **trigger: object) -> str | None:
    found = due_after(parse_trigger(trigger, CREATED), datetime.fromisoformat(after))
    return found.isoformat() if found else None


def cron(after: str, expression: str, **more: object) -> str | None:
    return due(after, triggerType="Cron", expression=expression, **more)


def recurrence(after: str, frequency: str, interval: int = 1, **more: object) -> str | None:
    return due(after, triggerType="Recurrence", frequency=frequency, interval=interval, **more)


def test_cron() -> None:
    assert cron("2026-01-01T12:00:00+00:00", "30 4 * * 1") == "2026-01-05T04:30:00+00:00"
    assert cron("2026-01-05T04:30:00+00:00", "30 4 * * 1") == "2026-01-12T04:30:00+00:00"
    assert cron("2026-01-05T04:30:00+00:00", "* * * * *") == "2026-01-05T04:31:00+00:00"


def test_cron_in_a_zone() -> None:
    zone = "Pacific Standard Time"
    assert cron("2026-07-01T12:00:00+00:00", "0 4 * * *", timeZone=zone) == "2026-07-02T11:00:00+00:00"
    assert cron("2026-01-02T12:30:00+00:00", "0 4 * * *", timeZone=zone) == "2026-01-03T12:00:00+00:00"
    # The clock on the wall goes from 1:59 to 3:00 on that day: a time in between is as much later.
    assert cron("2026-03-08T09:00:00+00:00", "30 2 * * *", timeZone=zone) == "2026-03-08T10:30:00+00:00"


def test_from_a_start_to_an_end() -> None:
    bounds: dict[str, Any] = {"startTime": "2026-02-01 06:00:00", "endTime": "2026-02-03T05:00:00"}
    assert cron("2026-01-01T13:00:00+00:00", "0 5 * * *", **bounds) == "2026-02-02T05:00:00+00:00"
    assert cron("2026-02-02T05:00:00+00:00", "0 5 * * *", **bounds) == "2026-02-03T05:00:00+00:00"
    assert cron("2026-02-03T05:00:00+00:00", "0 5 * * *", **bounds) is None
    assert recurrence("2026-01-01T13:00:00+00:00", "Day", **bounds) == "2026-02-01T06:00:00+00:00"
    with pytest.raises(BadRequest, match="endTime 2026-01-01 is not after the start, 2026-02-01T00:00:00"):
        cron("2026-01-01T13:00:00+00:00", "0 5 * * *", startTime="2026-02-01", endTime="2026-01-01")


def test_without_a_start_it_starts_when_it_was_created() -> None:
    assert recurrence("2026-01-01T12:00:31+00:00", "minute", 7) == "2026-01-01T12:07:30+00:00"
    assert recurrence("2026-01-01T12:00:31+00:00", "month") == "2026-02-01T12:00:30+00:00"


def test_patterns() -> None:
    after = "2026-01-31T12:00:00+00:00"
    times = {"hours": [4, 20], "minutes": [30]}
    assert recurrence(after, "Day", schedule=times) == "2026-01-31T20:30:00+00:00"
    assert recurrence(after, "Month", schedule=times | {"monthDays": [15, 31]}) == "2026-01-31T20:30:00+00:00"
    assert (
        recurrence("2026-02-01T00:00:00+00:00", "Month", schedule={"monthDays": [31], "hours": [1], "minutes": []})
        == "2026-03-31T01:00:00+00:00"
    )
    on_week_days = times | {"weekDays": ["monday", "Friday"]}
    assert recurrence(after, "Week", 2, schedule=on_week_days) == "2026-02-09T04:30:00+00:00"
    # From the last day of January: both of its times, on the last day of February.
    last: dict[str, Any] = {"startTime": "2026-01-31T00:00:00", "schedule": times}
    assert recurrence("2026-02-01T00:00:00+00:00", "Month", **last) == "2026-02-28T04:30:00+00:00"
    assert recurrence("2026-02-28T04:30:00+00:00", "Month", **last) == "2026-02-28T20:30:00+00:00"
