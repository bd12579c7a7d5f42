"""Periods of time as they are typed: ``7d``, ``28d..7d``, ``2026-11-01..2026-11-08``."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from config.errors import ConfigError

AGO = re.compile(r"(\d{1,4})([mhdw])")
UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
EARLIEST = datetime.min.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class Period:
    """From ``start`` up to, but without, ``end``."""

    start: datetime
    end: datetime

    def __contains__(self, time: datetime) -> bool:
        return self.start <= time < self.end

    def overlaps(self, other: "Period") -> bool:
        return self.start < other.end and other.start < self.end


def parse_period(option: str, text: str, now: datetime) -> Period:
    """Read START..END, or START alone, which ends now; each a date, a date and time (UTC unless it says), or so long
    ago: 30m, 12h, 7d, 4w. An empty START is the beginning, an empty END now. ConfigError names ``option``.
    """
    start, _, end = text.partition("..")
    period = Period(_moment(option, start, now, EARLIEST), _moment(option, end, now, now))
    if period.start >= period.end:
        raise ConfigError(f"{option} {text}: it ends before it begins; write the earlier moment first, as in 28d..7d")
    return period


def _moment(option: str, text: str, now: datetime, default: datetime) -> datetime:
    if not text:
        return default
    if ago := AGO.fullmatch(text):
        return now - int(ago[1]) * UNITS[ago[2]]
    try:
        moment = datetime.fromisoformat(re.sub("[Zz]$", "+00:00", text))
    except ValueError:
        raise ConfigError(
            f"{option}: {text} is neither a date (2026-11-01, 2026-11-01T04:30) nor so long ago (30m, 12h, 7d, 4w)"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
