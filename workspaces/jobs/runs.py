"""Runs: those of pipelines, and of the steps in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from workspaces.workspace import Workspace

SUCCEEDED = ("Finished", "Completed")
ENDED = (*SUCCEEDED, "Failed", "Canceled")
NOT_STARTED = "NotStarted"


@dataclass(frozen=True)
class StepState:
    """One step at one moment. ``seconds`` counts from its start to its end, or to now."""

    name: str
    status: str = NOT_STARTED
    seconds: float | None = None
    error: str | None = None
    """What Azure ML says of its end."""


class Run(Protocol):
    """One step's run: its files, metrics, tags and properties."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str:
        """The step's name."""

    @property
    def pipeline_run_id(self) -> str:
        """The pipeline run that it belongs to: the one that people know, and that can be followed."""

    @property
    def workspace(self) -> Workspace:
        """The workspace, reached with what the run may."""

    def files(self) -> list[str]:
        """Names of the files that it keeps."""

    def keep(self, files: Mapping[str, Path]) -> None:
        """Keep local files under these names. Azure ML replaces no file of a run."""

    def fetch(self, name: str, path: Path) -> None:
        """Bring one of its files to ``path``."""

    def fetch_folder(self, prefix: str, folder: Path) -> None:
        """Bring all files whose names begin with ``prefix`` into ``folder``, under the rest of their names.

        RequestError, and none is brought, where a name points out of ``folder``.
        """

    def log_metric(self, name: str, value: float) -> None:
        """Log a number as the step's. Not every SDK sends it at once, so a failure may be told by nothing."""

    def tag(self, tags: Mapping[str, str]) -> None:
        """Tag the step and its pipeline run; tags of other names stay."""

    def properties(self) -> dict[str, str]:
        """Its properties as they are now, Azure ML's own among them."""

    def add_properties(self, properties: Mapping[str, str]) -> None:
        """Add properties, which nobody can change or remove afterwards.

        RequestError where one of these names has another value already.
        """

    def state(self) -> StepState: ...

    def ended(self) -> datetime | None:
        """When it was over, in UTC; None while it isn't."""

    def log_text(self) -> str | None:
        """What the step's process printed; None where there is no log yet."""


class Runs(Protocol):
    def status(self, run_id: str) -> str:
        """Status of a pipeline run, one of ENDED when it is over. RequestError when there is no such run."""

    def has_ended(self, run_id: str) -> bool:
        """Whether it has; False also for what isn't a run, or can't be asked for now."""

    def steps(self, run_id: str) -> dict[str, Run]:
        """The steps of a pipeline run that have begun or wait for a node, by name; empty when there is no such run.

        Runs below it that the pipeline engine didn't make are none. TamperedError where two have the same name: whoever
        may write runs may put one beside a step, to be taken for it.
        """

    def step(self, run_id: str, name: str) -> Run | None:
        """The one of that name; None where there is none. TamperedError as steps(), for this name only."""

    def cancel(self, run_id: str) -> None:
        """Stop a pipeline run and its steps."""
