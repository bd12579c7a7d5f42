"""The contract of the port: every adapter is held to the same tests.

A second adapter is a line in ADAPTERS, and what `workspaces.opening` takes to choose it inside of a step.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

import pytest

from tests.integration.workspaces.local import NAMES, LocalWorkspace

if TYPE_CHECKING:
    from workspaces.workspace import Workspace

T = TypeVar("T")
ROOT = Path(__file__).parents[3]


def open_v1() -> Workspace:
    from workspaces.v1.workspace import sign_in  # takes a second

    return sign_in(NAMES)


ADAPTERS: dict[str, Callable[[], Workspace]] = {"v1": open_v1}


@pytest.fixture(scope="session")
def local(local_workspace_folder: Path) -> Iterator[LocalWorkspace]:
    """Runs while the tests do; other tests of this process may have started it before."""
    workspace = LocalWorkspace(local_workspace_folder)
    ours = not workspace.runs
    workspace.start()
    yield workspace
    if ours:
        workspace.stop()


@pytest.fixture(scope="module", params=ADAPTERS)
def port(local: LocalWorkspace, request: pytest.FixtureRequest) -> Iterator[Workspace]:
    """The workspace through each adapter, signed in as a command line is."""
    with pytest.MonkeyPatch.context() as patch:
        for key, value in local.start().items():
            patch.setenv(key, value)
        yield ADAPTERS[request.param]()


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
