from datetime import datetime, timedelta, timezone

import pytest

from config.errors import ConfigError
from pipelines.monitoring.period import EARLIEST, Period, parse_period

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("..", EARLIEST, NOW),
        ("", EARLIEST, NOW),
        ("7d", NOW - timedelta(days=7), NOW),
        ("4w..7d", NOW - timedelta(weeks=4), NOW - timedelta(days=7)),
        ("90m..", NOW - timedelta(minutes=90), NOW),
        ("..12h", EARLIEST, NOW - timedelta(hours=12)),
        ("2026-11-01..2026-11-08", utc(2026, 11, 1), utc(2026, 11, 8)),
        ("2026-11-01T04:30..2026-11-02T00:00:00Z", utc(2026, 11, 1, 4, 30), utc(2026, 11, 2)),
        ("2026-11-01T04:30+02:00", utc(2026, 11, 1, 2, 30), NOW),
    ],
)
def test_periods(text: str, start: datetime, end: datetime) -> None:
    assert parse_period("--period", text, NOW) == Period(start, end)


@pytest.mark.parametrize("text", ["last week", "7", "7y", "-7d", "2026-13-01", "99999d", "7d..yesterday"])
def test_what_is_no_moment_is_named_with_its_option(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^--baseline: .* is neither a date"):
        parse_period("--baseline", text, NOW)


@pytest.mark.parametrize("text", ["7d..28d", "2026-11-08..2026-11-01", "2027-01-01", "7d..7d"])
def test_the_end_comes_after_the_start(text: str) -> None:
    with pytest.raises(ConfigError, match="it ends before it begins"):
        parse_period("--period", text, NOW)


def test_the_end_belongs_to_the_next_period() -> None:
    period = parse_period("--period", "2026-11-01..2026-11-08", NOW)
    assert utc(2026, 11, 1) in period
    assert utc(2026, 11, 8) not in period
    assert not period.overlaps(parse_period("--baseline", "2026-11-08", NOW))
    assert period.overlaps(parse_period("--baseline", "2026-11-07..2026-11-09", NOW))
