"""SDK v2's adapter alone: what it does with an endpoint's deployments, and where the SDK itself goes wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.integration.workspaces.conftest import SCRIPTS, unique
from workspaces.environments import Environment
from workspaces.services import Configuration, Revision

if TYPE_CHECKING:
    from workspaces.v2.workspace import V2Workspace

SECONDS = 120.0
WANTED = Configuration(
    replicas=1,
    cpu_cores=0.5,
    memory_gb=0.75,
    gpu_cores=0,
    max_concurrent_requests=2,
    max_queue_wait_ms=4_500,
    scoring_timeout_ms=20_500,
    initial_delay_seconds=60,
    instance_type="Standard_DS3_v2",
)
"""On Azure ML's own machines, with limits that aren't whole seconds."""
NOWHERE = "no cluster"
CONDA = "name: echo\ndependencies:\n- python\n- pip: [azureml-inference-server-http]\n"
Revise = Callable[..., Revision]


@pytest.fixture(scope="module")
def revise(port: V2Workspace, tmp_path_factory: pytest.TempPathFactory) -> Revise:
    """Registers a model of this content; what a service is to run of it."""
    source = tmp_path_factory.mktemp("source") / "source"
    source.mkdir()
    shutil.copy(SCRIPTS / "score.py", source)
    model_name, environment = unique(), Environment(unique(), "FROM ubuntu\n", CONDA, {"ECHO_GREETING": "hello"})

    def make(content: str, **tags: str) -> Revision:
        folder = tmp_path_factory.mktemp("registered") / "model"
        folder.mkdir()
        (folder / "content.txt").write_text(content)
        model = port.models.register(model_name, folder, {})
        return Revision(model, port.environments.register(environment), source, "score.py", tags)

    return make


def bring(port: V2Workspace, name: str, revision: Revision, wanted: Configuration = WANTED) -> None:
    ask_for = port.services.update if port.services.find(name) else created(port)
    ask_for(name, revision, wanted)
    assert port.services.wait(name, SECONDS) == ""


def created(port: V2Workspace) -> Callable[[str, Revision, Configuration], None]:
    return lambda name, revision, wanted: port.services.create(name, NOWHERE, revision, wanted)


def ask(port: V2Workspace, name: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """What answers, and the name of its deployment as ``deployment``."""
    state = port.services.find(name)
    assert state is not None
    assert state.scoring_uri is not None
    sent = {"Authorization": f"Bearer {port.services.keys(name)[0]}", **(headers or {})}
    response = requests.post(state.scoring_uri, headers=sent, json={}, timeout=30)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer | {"deployment": response.headers["azureml-model-deployment"]}
