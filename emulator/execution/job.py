"""What a run executes, whether it is a step of a pipeline or a script of its own."""

from dataclasses import dataclass, field
from pathlib import Path

from emulator.wire import Document


@dataclass(frozen=True)
class Job:
    run_id: str
    experiment: str
    owner: str
    """The run that is canceled as a whole: the pipeline run of a step, or the run itself."""

    snapshot_id: str
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

    folders: list[Path] = field(default_factory=list)
    """Made before it starts: those of its outputs."""

    max_seconds: float | None = None
    """From its start; after that it is ended."""


@dataclass(frozen=True)
class Ended:
    code: int
    timed_out: bool = False
