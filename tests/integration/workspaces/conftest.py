"""The contract of the port: every adapter is held to the same tests.

A further adapter is a line in ADAPTERS, and what `workspaces.opening` takes to choose it inside of a step.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

import pytest

from azureml_emulator.state.disk.files import LOCK
from config.settings import Compute
from tests.integration.workspaces.local import NAMES, LocalWorkspace
from workspaces.environments import Environment
from workspaces.jobs.pipelines import Definition, Parameter, Step

if TYPE_CHECKING:
    from workspaces.workspace import Workspace

T = TypeVar("T")
ROOT = Path(__file__).parents[3]
SCRIPTS = Path(__file__).with_name("scripts")
"""What runs elsewhere: in steps, and in services."""


def open_v1() -> Workspace:
    from workspaces.v1.workspace import sign_in  # takes a second

    return sign_in(NAMES)


def open_v2() -> Workspace:
    from workspaces.v2.workspace import sign_in  # asks for its clouds

    return sign_in(NAMES)


ADAPTERS: dict[str, Callable[[], Workspace]] = {"v1": open_v1, "v2": open_v2}


@pytest.fixture(scope="session")
def local(local_workspace_folder: Path) -> Iterator[LocalWorkspace]:
    """Runs while the tests do; other tests of this process may have started it before."""
    workspace = LocalWorkspace(local_workspace_folder)
    ours = not (local_workspace_folder / LOCK).exists()  # asked under load, one that runs may answer too late
    workspace.start()
    yield workspace
    if ours:
        workspace.stop()


@pytest.fixture(scope="module", params=ADAPTERS)
def open_port(local: LocalWorkspace, request: pytest.FixtureRequest) -> Iterator[Callable[[], Workspace]]:
    """Opens the workspace through each adapter, signed in as a command line is."""
    with pytest.MonkeyPatch.context() as patch:
        for key, value in local.start().items():
            patch.setenv(key, value)
        yield ADAPTERS[request.param]


@pytest.fixture(scope="module")
def port(open_port: Callable[[], Workspace]) -> Workspace:
    return open_port()


@pytest.fixture(scope="module")
def define(port: Workspace) -> Callable[..., Definition]:
    """A pipeline of these steps, which run scripts/ and find the port beside them: `define(step, n=1)`."""
    compute = Compute(name=unique(), vm_size="Standard_D2_v3", max_nodes=2)
    port.computes.create_compute(compute)
    environment = Environment("steps", "FROM ubuntu\n", "name: steps\ndependencies: [python]\n", {"STEPS": "here"})
    variables = {"PYTHONPATH": str(ROOT), "BESIDE": "the environment's own"}

    def make(*steps: Step, **parameters: Parameter) -> Definition:
        return Definition(steps, parameters, compute.name, environment, variables, SCRIPTS)

    return make


@pytest.fixture
def name() -> str:
    """One that nothing has yet, and anything may have: of a service, a compute, a model, a folder."""
    return unique()


def unique() -> str:
    return f"c{uuid4().hex[:12]}"


def until(condition: Callable[[], T], what: str, seconds: float = 60) -> T:
    """The first true value of ``condition``; fails the test, saying what it waited for, when the time is up."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain for {what}"
        time.sleep(0.1)
    return value
