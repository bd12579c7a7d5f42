"""Shows a pipeline run and its steps as they go."""

from collections.abc import Iterable

from rich.console import Console
from rich.live import Live
from rich.table import Table

from pipelines.outcome.run_state import RunState
from workspaces.jobs.runs import ENDED, NOT_STARTED, StepState

COLOURS = {"Completed": "green", "Finished": "green", "Failed": "red", "Canceled": "yellow", "Running": "cyan"}


def follow(states: Iterable[RunState], console: Console) -> RunState:
    """Show the states of a run until it ends, and return the last.

    A live table on a terminal, one line for each change elsewhere.
    """
    if console.is_terminal:
        with Live(console=console, refresh_per_second=4) as live:
            for state in states:
                live.update(steps_table(state))
        return state
    shown: dict[str, str] = {}
    for state in states:
        for step in state.steps:
            if shown.get(step.name, NOT_STARTED) != step.status:
                console.print(step_line(step), highlight=False)
                shown[step.name] = step.status
    return state


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
