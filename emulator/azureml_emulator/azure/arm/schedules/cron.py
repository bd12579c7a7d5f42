"""Cron expressions, as Azure ML has them: `MINUTES HOURS DAYS MONTHS DAYS-OF-WEEK`.

https://learn.microsoft.com/azure/machine-learning/reference-yaml-schedule: of DAYS and MONTHS only `*` counts.
"""

import re
from typing import NamedTuple

from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.shapes import shortened

_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART = re.compile(r"(?:\*|(\w{1,9})(?:-(\w{1,9}))?)(?:/([0-9]{1,2}))?")


class Cron(NamedTuple):
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    week_days: tuple[int, ...]
    """0 is Monday, where a cron expression has Sunday."""


def parse_cron(expression: str) -> Cron:
    """Raises BadRequest, which names the field."""
    fields = expression.split()
    if len(fields) != 5:
        raise BadRequest(
            f"a cron expression is MINUTES HOURS DAYS MONTHS DAYS-OF-WEEK, as in '15 16 * * 1': {shortened(expression)}"
        )
    minutes, hours, days, months, week_days = fields
    for name, field in (("DAYS", days), ("MONTHS", months)):
        if field != "*":
            raise BadRequest(f"{name} of a cron expression is *, not {shortened(field)}: Azure ML would ignore it")
    found = _values(week_days, "DAYS-OF-WEEK", range(7))
    return Cron(
        _values(minutes, "MINUTES", range(60)),
        _values(hours, "HOURS", range(24)),
        tuple(sorted((day + 6) % 7 for day in found)),
    )


def _values(field: str, name: str, known: range) -> tuple[int, ...]:
    found = {value for part in field.split(",") for value in _part(part, name, known)}
    return tuple(sorted(found))


def _part(part: str, name: str, known: range) -> range:
    match = _PART.fullmatch(part)
    if match is None:
        raise _wrong(part, name, known)
    first, last, step = match.groups()
    start = known[0] if first is None else _number(first, part, name, known)
    # 5/15 is from 5 on, every 15
    end = known[-1] if first is None or (step and not last) else _number(last or first, part, name, known)
    if step == "0" or end < start:
        raise _wrong(part, name, known)
    return range(start, end + 1, int(step or 1))


def _number(text: str, part: str, name: str, known: range) -> int:
    is_named = known == range(7) and text[:3].lower() in _NAMES
    number = _NAMES.index(text[:3].lower()) if is_named else int(text) if re.fullmatch("[0-9]{1,2}", text) else -1
    if number not in known:
        raise _wrong(part, name, known)
    return number


def _wrong(part: str, name: str, known: range) -> BadRequest:
    bounds = f"from {known[0]} to {known[-1]}"
    return BadRequest(f"{name} of a cron expression are {bounds}, as in 1, 1-3, */2 or 1,3: not {shortened(part)}")
