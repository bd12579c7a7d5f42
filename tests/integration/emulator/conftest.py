"""One local workspace for all tests of the emulator, reached by the unmodified SDK over real HTTP."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from emulator import daemon
from emulator.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Experiment, Workspace


@pytest.fixture(scope="session")
def emulator(local_workspace_folder: Path) -> Iterator[Emulator]:
    """The local workspace that the SDK of this process was sent to before anything imported it."""
    address = daemon.start(local_workspace_folder)
    assert address["environment"]["ARM_CLOUD_METADATA_URL"] == os.environ["ARM_CLOUD_METADATA_URL"]
    yield Emulator(local_workspace_folder, address)
    assert daemon.stop(local_workspace_folder)


@pytest.fixture(scope="module")
def workspace(emulator: Emulator) -> Iterator[Workspace]:
    """The workspace as any SDK program opens it, with nothing but the variables of the emulator."""
    from azureml.core import Workspace

    with pytest.MonkeyPatch.context() as patch:
        for key, value in emulator.environment.items():
            patch.setenv(key, value)
        yield Workspace(SUBSCRIPTION, RESOURCE_GROUP, NAME)


@pytest.fixture
def experiment(workspace: Workspace, request: pytest.FixtureRequest) -> Experiment:
    """An experiment of the test's own."""
    from azureml.core import Experiment

    return Experiment(workspace, "".join(letter if letter.isalnum() else "-" for letter in request.node.name[:50]))


@pytest.fixture
def rest(emulator: Emulator) -> Callable[..., requests.Response]:
    """Requests that the SDK doesn't make: `rest("GET", "/modelmanagement/v1.0", "/models")`, signed in."""
    token = requests.post(emulator.environment["MSI_ENDPOINT"], timeout=10).json()["access_token"]

    def send(method: str, service: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} | options.pop("headers", {})
        url = f"{emulator.http}{service}{emulator.scope}{path}"
        return requests.request(method, url, headers=headers, timeout=30, **options)

    return send
