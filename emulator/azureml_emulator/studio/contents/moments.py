"""Times as documents hold them, for people. All are UTC."""

from datetime import datetime, timezone


def shown(text: object) -> str:
    """As in 2026-11-24 07:04:33; nothing for what is no time."""
    moment = _moment(text)
    return moment.isoformat(" ") if moment else ""


def took(start: object, end: object) -> str:
    """How long something went that has ended: "41 s", "3 min 5 s", "2 h 0 min"."""
    first, last = _moment(start), _moment(end)
    if first is None or last is None:
        return ""
    minutes, seconds = divmod(max(int((last - first).total_seconds()), 0), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text)[:19])
        return moment.astimezone(timezone.utc).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None
