"""Durations of Azure ML, which are ISO 8601 with fractions: what the SDK reads back of them is cut to whole seconds."""

import re

DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


def milliseconds(duration: str | None) -> int | None:
    """Of ``PT1M0.5S``; None for None, and for what is no duration of days and less."""
    found = DURATION.fullmatch(duration) if duration else None
    if found is None:
        return None
    days, hours, minutes, seconds = (float(one or 0) for one in found.groups())
    return round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000)
