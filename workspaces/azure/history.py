"""Runs as run history tells of them, to either SDK."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from config.errors import TamperedError
from workspaces.jobs.runs import Run


def step_seconds(details: Mapping[str, Any]) -> float | None:
    """Seconds from a run's start to its end, or to now; None before its start."""
    started, ended = instant(details.get("startTimeUtc")), instant(details.get("endTimeUtc"))
    if started is None:
        return None
    return ((ended or datetime.now(timezone.utc)) - started).total_seconds()


def instant(text: str | None) -> datetime | None:
    # Azure ML writes seven decimals, which datetime.fromisoformat refuses before Python 3.11.
    return datetime.fromisoformat(text[:19]).replace(tzinfo=timezone.utc) if text else None


def error_of(details: Mapping[str, Any]) -> str | None:
    message: str | None = ((details.get("error") or {}).get("error") or {}).get("message")
    return message


def by_name(run_id: str, children: Iterable[Run]) -> dict[str, Run]:
    """The steps of a run. TamperedError where two have one name."""
    steps: dict[str, Run] = {}
    for child in children:
        if steps.setdefault(child.name, child) is not child:
            raise _two_steps(run_id, steps[child.name], child)
    return steps


def called(run_id: str, children: Iterable[Run], name: str) -> Run | None:
    """The step of that name; None where there is none. TamperedError where two have it."""
    return by_name(run_id, [child for child in children if child.name == name]).get(name)


def _two_steps(run_id: str, one: Run, other: Run) -> TamperedError:
    return TamperedError(
        f"run {run_id} has two steps called {one.name}, {one.id} and {other.id}: somebody put one there, so neither is "
        "believed: find out who may write to the workspace, then start a new run"
    )
