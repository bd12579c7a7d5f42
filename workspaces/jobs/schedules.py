"""Schedules: what starts a pipeline endpoint by the clock."""

from dataclasses import dataclass
from typing import Protocol

from workspaces.jobs.pipelines import Endpoint


@dataclass(frozen=True)
class Recurrence:
    """When it fires, in UTC."""

    frequency: str
    """Minute, Hour, Day, Week or Month."""
    interval: int
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    week_days: tuple[str, ...] = ()

    def __str__(self) -> str:
        """``every 2 Weeks on Monday at 04:30 UTC``."""
        unit = self.frequency if self.interval == 1 else f"{self.interval} {self.frequency}s"
        days = f" on {', '.join(self.week_days)}" if self.week_days else ""
        times = [f"{hour:02}:{minute:02}" for hour in self.hours for minute in self.minutes or (0,)]
        return f"every {unit}{days}" + (f" at {', '.join(times)} UTC" if times else "")


@dataclass(frozen=True)
class Schedule:
    id: str
    name: str
    """Azure ML lets several have the same."""
    status: str
    endpoint_id: str | None
    """The endpoint that it starts; None: it starts something else."""
    recurrence: Recurrence | None
    """None: it waits for new data."""


class Schedules(Protocol):
    def active(self) -> list[Schedule]:
        """All that fire, whatever they start."""

    def create(
        self, name: str, endpoint: Endpoint, experiment: str, recurrence: Recurrence, *, description: str, run_now: bool
    ) -> None:
        """Let the endpoint's default, whichever it is by then, be started; at once too with ``run_now``."""

    def update(self, schedule: Schedule, recurrence: Recurrence, *, run_now: bool) -> None:
        """Give it another recurrence."""

    def disable(self, schedule: Schedule) -> None:
        """Stop it from firing."""
