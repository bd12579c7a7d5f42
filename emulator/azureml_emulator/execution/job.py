"""What a run executes, whether it is a step of a pipeline or a script of its own."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from azureml_emulator.execution.child import Child
from azureml_emulator.execution.forkserver.client import ForkedChild
from azureml_emulator.wire import Document

Running = Child | ForkedChild
KEPT = ("outputs", "logs")
"""Folders below the script's that are there before it starts, and are kept with the run."""
LOCAL = "local"
"""The compute target that is the client's own machine: no cluster, and all that this machine has."""


@dataclass(frozen=True)
class Job:
    run_id: str
    experiment: str
    owner: str
    """The run that is canceled as a whole: the pipeline run of a step, or the run itself."""

    snapshot_id: str
    """Empty where there is a source, or no code at all."""

    script: str
    """Relative to the snapshot's folder; empty where there is a command."""

    arguments: list[str]
    target: str
    variables: dict[str, str]
    """Of its own configuration and environment, and the folders of its inputs and outputs."""

    log: str
    """Path of the log among the run's files, as the kind of run has it on Azure."""

    command: str = ""
    """Run by a shell."""

    environment: Document | None = None
    """The definition of its environment."""

    data: "Data | None" = None
    """What it reads and writes."""

    source: Path | None = None
    """A folder in place of a snapshot: the client's, of a run that is local, or one that SDK v2 has uploaded."""

    watched: tuple[str, ...] = KEPT
    """Folders below the script's that are kept with the run."""

    max_seconds: float | None = None
    """From its start; after that it is ended."""


Host = Callable[[Sequence[str], Path, Path], Awaitable[int]]
"""Runs a Python script, the first of its arguments, in a folder and with a log: its exit code. Ended with the run."""


class Data(Protocol):
    async def deliver(self, job: Job, host: Host) -> Job:
        """The job with its inputs in place; called when its folder is there."""

    async def keep(self, host: Host) -> None:
        """Keep what it wrote; called when it has succeeded."""

    def release(self) -> None:
        """Take back what it has outside of the run's folder; called when the run ended, or could not start."""


@dataclass(frozen=True)
class Ended:
    code: int
    timed_out: bool = False
