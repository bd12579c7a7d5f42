"""Watch a pipeline run until it ends, and show its steps as they go."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from azureml.core import Run
from azureml.pipeline.core import PipelineRun
from rich.console import Console
from rich.live import Live
from rich.table import Table

from pipelines.parameters import STEPS

ENDED = {"Finished", "Completed", "Failed", "Canceled"}
COLOURS = {"Completed": "green", "Finished": "green", "Failed": "red", "Canceled": "yellow", "Running": "cyan"}
WAITING = "NotStarted"


@dataclass(frozen=True)
class StepState:
    """One step at one moment. ``seconds`` counts from its start to its end, or to now."""

    name: str
    status: str = WAITING
    seconds: float | None = None
    error: str | None = None


@dataclass(frozen=True)
class RunState:
    """A pipeline run at one moment, its steps in the order of the chain."""

    run_id: str
    status: str
    steps: tuple[StepState, ...]

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def succeeded(self) -> bool:
        return self.status in ("Finished", "Completed")

    @property
    def failed_step(self) -> StepState | None:
        return next((step for step in self.steps if step.status == "Failed"), None)


def follow(run: PipelineRun, console: Console, poll_seconds: float) -> RunState:
    """Show the run until it ends: a live table on a terminal, one line for each change elsewhere."""
    if console.is_terminal:
        with Live(console=console, refresh_per_second=4) as live:
            for state in watch(run, poll_seconds):
                live.update(steps_table(state))
        return state
    shown: dict[str, str] = {}
    for state in watch(run, poll_seconds):
        for step in state.steps:
            if shown.get(step.name, WAITING) != step.status:
                console.print(step_line(step), highlight=False)
                shown[step.name] = step.status
    return state


def watch(run: PipelineRun, poll_seconds: float) -> Iterator[RunState]:
    """The state of the run now and after each pause, the last one being its end."""
    settled: dict[str, StepState] = {}
    while True:
        # The run's own status first: once it has ended, no step read afterwards can still change.
        status = run.get_status()
        for step in run.get_steps():
            if step.name not in settled or settled[step.name].status not in ENDED:
                settled[step.name] = _read(step)
        yield RunState(run.id, status, tuple(settled.get(name, StepState(name)) for name in STEPS))
        if status in ENDED:
            return
        time.sleep(poll_seconds)


def _read(step: Run) -> StepState:
    details = step.get_details()
    return StepState(step.name, details["status"], step_seconds(details), _error(details))


def step_seconds(details: dict[str, Any]) -> float | None:
    started, ended = _instant(details.get("startTimeUtc")), _instant(details.get("endTimeUtc"))
    if started is None:
        return None
    return ((ended or datetime.now(timezone.utc)) - started).total_seconds()


def _instant(text: str | None) -> datetime | None:
    # Azure ML writes seven decimals, which datetime.fromisoformat refuses before Python 3.11.
    return datetime.fromisoformat(text[:19]).replace(tzinfo=timezone.utc) if text else None


def _error(details: dict[str, Any]) -> str | None:
    message: str | None = ((details.get("error") or {}).get("error") or {}).get("message")
    return message


def steps_table(state: RunState) -> Table:
    table = Table("step", "status", "seconds", title=state.status)
    table.columns[2].justify = "right"
    for step in state.steps:
        colour = COLOURS.get(step.status, "dim")
        table.add_row(step.name, f"[{colour}]{step.status}[/]", _clock(step))
    return table


def step_line(step: StepState) -> str:
    clock = f" after {_clock(step)} s" if step.status in ENDED and step.seconds is not None else ""
    return f"{step.name}: {step.status}{clock}"


def _clock(step: StepState) -> str:
    return "" if step.seconds is None else f"{step.seconds:.0f}"
