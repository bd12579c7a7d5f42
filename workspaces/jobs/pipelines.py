"""Pipelines: defined here, submitted or published there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workspaces.environments import Environment

Parameter = str | int


@dataclass(frozen=True)
class Step:
    """One script. Its arguments are ``--name value`` for each input, its output and each parameter, in this order."""

    name: str
    """A Python identifier: SDK v2 takes no other."""
    script: str
    """Path in the definition's source folder."""
    output: str
    """Name of the folder that it writes."""
    inputs: tuple[str, ...] = ()
    """Names of the folders that it reads, which other steps write: these alone decide the order of the steps."""
    parameters: tuple[str, ...] = ()
    """Names of the pipeline's parameters that it takes."""


@dataclass(frozen=True)
class Definition:
    """A pipeline as values: what an adapter makes of it is the SDK's own. No step is ever reused."""

    steps: tuple[Step, ...]
    parameters: Mapping[str, Parameter]
    """With the values that they have unless a run is given others."""
    compute: str
    """Name of the compute that runs the steps."""
    environment: Environment
    variables: Mapping[str, str]
    """Environment variables of every step, beside the environment's own."""
    source: Path
    """Folder that a step runs in a copy of."""


@dataclass(frozen=True)
class Endpoint:
    """A pipeline endpoint: what studio, schedules and REST start."""

    id: str
    name: str
    status: str
    """``Active`` while it may be started."""
    default_version: str
    url: str

    @property
    def active(self) -> bool:
        return self.status == "Active"


class Pipelines(Protocol):
    def submit(self, definition: Definition, experiment: str, parameters: Mapping[str, Parameter]) -> str:
        """Start a run with ``parameters`` in place of their defaults; its id."""

    def publish(self, definition: Definition, name: str, description: str, version: str) -> str:
        """Publish it, for nobody to start yet; the id of the published pipeline."""

    def make_default(self, pipeline_id: str, endpoint: str, description: str) -> Endpoint:
        """Make a published pipeline what the endpoint starts, and its schedules with it.

        An endpoint that isn't there is made, with this description; a disabled one is enabled.
        """

    def endpoint(self, name: str) -> Endpoint | None:
        """The endpoint of that name, enabled or not; None when there is none."""

    def default_of(self, endpoint: str) -> str:
        """The version text under which the endpoint's default was published. WorkspaceError where there is none."""

    def parameters_of(self, endpoint: str) -> frozenset[str]:
        """Names of the parameters that the endpoint's default takes. WorkspaceError where there is none."""

    def submit_default(self, endpoint: Endpoint, experiment: str, parameters: Mapping[str, Parameter]) -> str:
        """Start the endpoint's default over plain REST, as any HTTP client does; the id of the run."""

    def disable(self, endpoint: str) -> None:
        """Let nobody start it any more. WorkspaceError where there is none."""
