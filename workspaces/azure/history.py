"""Runs as run history tells of them, to either SDK."""

from collections.abc import Mapping
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


def two_steps(run_id: str, one: Run, other: Run) -> TamperedError:
    return TamperedError(
        f"run {run_id} has two steps called {one.name}, {one.id} and {other.id}: somebody put one there, so neither is "
        "believed: find out who may write to the workspace, then start a new run"
    )
