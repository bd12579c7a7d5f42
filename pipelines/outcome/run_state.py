"""A pipeline run at one moment, and from one moment to the next until it ends."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.definition import STEPS
from workspaces.jobs.runs import ENDED, SUCCEEDED, StepState
from workspaces.workspace import Workspace


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
        return self.status in SUCCEEDED

    @property
    def failed_step(self) -> StepState | None:
        return next((step for step in self.steps if step.status == "Failed"), None)


def watch(workspace: Workspace, run_id: str, poll_seconds: float) -> Iterator[RunState]:
    """The state of the run now and after each pause, the last one being its end."""
    settled: dict[str, StepState] = {}
    while True:
        # The run's own status first: once it has ended, no step read afterwards can still change.
        status = workspace.runs.status(run_id)
        for name, step in workspace.runs.steps(run_id).items():
            if name not in settled or settled[name].status not in ENDED:
                settled[name] = step.state()
        yield RunState(run_id, status, tuple(settled.get(step.name, StepState(step.name)) for step in STEPS))
        if status in ENDED:
            return
        time.sleep(poll_seconds)
