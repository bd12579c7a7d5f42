"""Times of recurrences, against the rules that the SDK documents."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from azureml.pipeline.core import TimeZone
from hypothesis import given, settings
from hypothesis import strategies as st

from azureml_emulator.azure.pipelines.schedules.recurrence import next_time, parse_recurrence
from azureml_emulator.azure.pipelines.schedules.timezones import zone_of
from azureml_emulator.errors import BadRequest

CREATED = "2026-11-24T12:00:20"  # a Tuesday
PACIFIC = "Pacific Standard Time"
ZONES = ("UTC", PACIFIC, "Lord Howe Standard Time", "Samoa Standard Time", "Nepal Standard Time")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def wire(frequency: str, interval: int = 1, start: str | None = None, zone: str | None = None, **times: Any) -> Any:
    """As the SDK sends it: what is None isn't there."""
    sent = {"Frequency": frequency, "Interval": interval, "StartTime": start, "TimeZone": zone, "Schedule": times}
    return {key: value for key, value in sent.items() if value}


def times_of(recurrence: Any, after: str, count: int = 3) -> list[str]:
    parsed, time, found = parse_recurrence(recurrence, moment(CREATED)), moment(after), []
    for _ in range(count):
        time = next_time(parsed, time)
        found.append(time.isoformat().removesuffix("+00:00"))
    return found


@pytest.mark.parametrize(
    ("recurrence", "expected"),
    [
        (wire("Minute", 15, "2026-11-24T11:50:00"), ["2026-11-24T12:05:00", "2026-11-24T12:20:00"]),
        (wire("Hour", 12, "2020-01-13T12:55:00"), ["2026-11-24T12:55:00", "2026-11-25T00:55:00"]),
        (wire("Day", 1, "2026-11-01T09:00:00"), ["2026-11-25T09:00:00", "2026-11-26T09:00:00"]),
        (wire("Day", 3, "2026-11-23T13:00:00"), ["2026-11-26T13:00:00", "2026-11-29T13:00:00"]),
        (wire("Week", 1, "2026-11-01T09:00:00"), ["2026-11-29T09:00:00", "2026-12-06T09:00:00"]),
        (wire("Week", 1, "2026-11-01T09:00:00", WeekDays=["Friday"]), ["2026-11-27T09:00:00", "2026-12-04T09:00:00"]),
        (wire("Month", 1, "2019-11-01T09:00:00"), ["2026-12-01T09:00:00", "2027-01-01T09:00:00"]),
        (wire("Month", 2, "2026-11-24T12:00:00"), ["2027-01-24T12:00:00", "2027-03-24T12:00:00"]),
    ],
)
def test_start_in_the_past(recurrence: Any, expected: list[str]) -> None:
    assert times_of(recurrence, "2026-11-24T12:00:00", 2) == expected


def test_times_of_the_day() -> None:
    recurrence = wire("Day", 2, "2026-11-24T00:00:00", Hours=[16, 4], Minutes=[0, 30])
    assert times_of(recurrence, "2026-11-24T12:00:00", 4) == [
        "2026-11-24T16:00:00",
        "2026-11-24T16:30:00",
        "2026-11-26T04:00:00",
        "2026-11-26T04:30:00",
    ]


def test_every_second_week_counts_from_the_week_of_the_start() -> None:
    recurrence = wire("Week", 2, CREATED, Hours=[18], Minutes=[30], WeekDays=["Monday", "Wednesday"])
    expected = ["2026-11-25T18:30:00", "2026-12-07T18:30:00", "2026-12-09T18:30:00"]
    assert times_of(recurrence, CREATED) == expected
    assert times_of(recurrence, "2027-11-21T00:00:00", 2) == ["2027-11-22T18:30:00", "2027-11-24T18:30:00"]


def test_what_is_left_out_of_the_time_of_day_is_zero() -> None:
    assert times_of(wire("Day", Hours=[4]), CREATED, 1) == ["2026-11-25T04:00:00"]
    assert times_of(wire("Day", Minutes=[45]), CREATED, 1) == ["2026-11-25T00:45:00"]


def test_month_ends() -> None:
    last_days = ["2027-12-31T06:00:00", "2028-01-31T06:00:00", "2028-02-29T06:00:00", "2028-03-31T06:00:00"]
    assert times_of(wire("Month", 1, "2026-12-31T06:00:00"), "2027-11-30T06:00:00", 4) == last_days
    assert times_of(wire("Month", 1, "2027-01-30T06:00:00"), "2027-02-01T00:00:00", 2) == [
        "2027-02-28T06:00:00",
        "2027-03-30T06:00:00",
    ]


def test_start_in_the_future() -> None:
    assert times_of(wire("Hour", 1, "2026-12-01T04:30:00"), CREATED, 2) == [
        "2026-12-01T04:30:00",
        "2026-12-01T05:30:00",
    ]
    before_its_time = wire("Day", 1, "2026-12-01T04:00:00", Hours=[4], Minutes=[30])
    assert times_of(before_its_time, CREATED, 1) == ["2026-12-01T04:30:00"]


def test_start_that_matches_the_time_of_day_is_not_the_first() -> None:
    assert times_of(wire("Day", 1, "2026-12-01T04:30:00", Hours=[4], Minutes=[30]), CREATED, 1) == [
        "2026-12-02T04:30:00"
    ]


def test_without_a_start_time_it_starts_when_created() -> None:
    assert times_of(wire("Hour", 2), CREATED, 2) == ["2026-11-24T14:00:20", "2026-11-24T16:00:20"]
    assert times_of(wire("Week", WeekDays=["Sunday"]), CREATED, 1) == ["2026-11-29T12:00:20"]


def test_days_go_by_the_clock_on_the_wall_and_hours_do_not() -> None:
    """On 1 November 2026 the Pacific coast turned its clocks back by an hour."""
    daily = wire("Day", 1, "2026-10-01T09:00:00", PACIFIC)
    assert times_of(daily, "2026-10-31T00:00:00", 2) == ["2026-10-31T16:00:00", "2026-11-01T17:00:00"]
    half_daily = wire("Hour", 12, "2026-10-01T09:00:00", PACIFIC)
    assert times_of(half_daily, "2026-10-31T12:00:00", 3) == [
        "2026-10-31T16:00:00",
        "2026-11-01T04:00:00",
        "2026-11-01T16:00:00",
    ]


def test_time_that_the_clock_skips_or_shows_twice() -> None:
    skipped = wire("Day", 1, "2026-10-01T00:00:00", PACIFIC, Hours=[2, 3], Minutes=[15, 30])
    assert times_of(skipped, "2027-03-13T12:00:00", 3) == [
        "2027-03-14T10:15:00",
        "2027-03-14T10:30:00",
        "2027-03-15T09:15:00",
    ]
    twice = wire("Day", 1, "2026-10-01T00:00:00", PACIFIC, Hours=[1], Minutes=[30])
    assert times_of(twice, "2026-11-01T00:00:00", 2) == ["2026-11-01T08:30:00", "2026-11-02T09:30:00"]


def test_every_time_zone_of_the_sdk_is_known() -> None:
    assert all(zone_of(zone.value) for zone in TimeZone)


@pytest.mark.parametrize(
    ("recurrence", "message"),
    [
        (wire("Year"), "one of Minute, Hour, Day, Week, Month, not 'Year'"),
        ({"Frequency": "Day"}, "from 1 to 100000, not None"),
        (wire("Day", -1), "from 1 to 100000, not -1"),
        (wire("Day", 1, "tomorrow"), "written YYYY-MM-DDThh:mm:ss, not 'tomorrow'"),
        (wire("Day", 1, CREATED, "Mars Standard Time"), "no time zone 'Mars Standard Time'"),
        (wire("Day", Hours=[24]), "the Hours of a recurrence are from 0 to 23, not 24"),
        (wire("Week", WeekDays=["Freitag"]), "from Monday to Sunday, not 'Freitag'"),
        (wire("Month", Hours=[4]), "takes no Hours"),
        (wire("Day", 1, "0001-01-01T00:00:00"), "from the year 1900 to 2999, not 1"),
        (wire("Minute", 1, "9999-12-31T23:00:00", "UTC-11"), "from the year 1900 to 2999, not 9999"),
        (wire("Day", 1, "2999-12-31T23:59:59-14:00"), "from the year 1900 to 2999, not 3000"),
        (wire("Day", True), "from 1 to 100000, not True"),
        ({"Frequency": ["Day"], "Interval": 1}, "not .'Day'."),
        (wire("Day") | {"StartTime": 5}, "written YYYY-MM-DDThh:mm:ss, not '5'"),
        (wire("Day") | {"TimeZone": ["UTC"]}, "no time zone '.'UTC'.'"),
        (wire("Day") | {"Schedule": [4]}, "holds Hours, Minutes and WeekDays, not .4."),
        (wire("Day", Hours=4), "the Hours of a recurrence are a list, not 4"),
        (wire("Day", Hours=[4.0]), "the Hours of a recurrence are from 0 to 23, not 4.0"),
        (wire("Day", Minutes=[[]]), "the Minutes of a recurrence are from 0 to 59, not"),
        ("daily", "a recurrence holds Frequency and Interval, not 'daily'"),
    ],
)
def test_what_cannot_be_is_named(recurrence: Any, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        parse_recurrence(recurrence, moment(CREATED))


def test_calendar_that_ends() -> None:
    recurrence = parse_recurrence(wire("Month", 100_000, CREATED), moment(CREATED))
    with pytest.raises(BadRequest, match="no time after 2026-11-24T12:00:20"):
        next_time(recurrence, moment(CREATED))


@st.composite
def recurrences(draw: st.DrawFn) -> Any:
    frequency = draw(st.sampled_from(["Minute", "Hour", "Day", "Week", "Month"]))
    times: dict[str, Any] = {}
    if frequency in ("Day", "Week"):
        times["Hours"] = draw(st.lists(st.integers(0, 23), max_size=3))
        times["Minutes"] = draw(st.lists(st.integers(0, 59), max_size=3))
    if frequency == "Week":
        times["WeekDays"] = draw(st.lists(st.sampled_from(["Monday", "Thursday", "Sunday"]), max_size=3))
    start = draw(st.none() | st.datetimes(datetime(2009, 1, 1), datetime(2029, 1, 1)))  # noqa: DTZ001 - as it is sent
    sent = start.isoformat(timespec="seconds") if start else None
    return wire(frequency, draw(st.integers(1, 40)), sent, draw(st.sampled_from(ZONES)), **times)


@settings(deadline=None)
@given(
    recurrence=recurrences(),
    after=st.datetimes(datetime(2011, 1, 1), datetime(2030, 1, 1), timezones=st.just(timezone.utc)),  # noqa: DTZ001
    part=st.floats(0, 1),
)
def test_next_time_is_later_and_none_lies_before_it(recurrence: Any, after: datetime, part: float) -> None:
    parsed = parse_recurrence(recurrence, moment(CREATED))
    first = next_time(parsed, after)
    second = next_time(parsed, first)
    assert after < first < second
    for earlier, later in ((after, first), (first, second)):
        last = later - timedelta(microseconds=1)
        assert next_time(parsed, min(earlier + (later - earlier) * part, last)) == later
        assert next_time(parsed, last) == later
