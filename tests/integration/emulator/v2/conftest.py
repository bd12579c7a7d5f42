"""SDK v2's client of the local workspace that all integration tests share.

azure.ai.ml asks the workspace for its clouds when it is imported, so tests import it inside of functions.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION
from tests.integration.emulator.v2.jobs.jobs import Command
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


@pytest.fixture(scope="module")
def client(emulator: Emulator) -> Iterator[MLClient]:
    """As any SDK program opens the workspace, with nothing but the variables of the emulator."""
    with pytest.MonkeyPatch.context() as patch:
        for key, value in emulator.environment.items():
            patch.setenv(key, value)
        from azure.ai.ml import MLClient
        from azure.identity import DefaultAzureCredential

        yield MLClient(DefaultAzureCredential(), SUBSCRIPTION, RESOURCE_GROUP, NAME)


@pytest.fixture(scope="module")
def polling() -> Iterator[None]:
    """A client that streams a job looks again after a second. Not by the variables for it, which SDK v1 can't read."""
    with pytest.MonkeyPatch.context() as patch:
        from azure.ai.ml.operations._run_history_constants import RunHistoryConstants

        patch.setattr(RunHistoryConstants, "_WAIT_COMPLETION_POLLING_INTERVAL_MIN", "1")
        patch.setattr(RunHistoryConstants, "_WAIT_COMPLETION_POLLING_INTERVAL_MAX", "1")
        yield


@pytest.fixture(scope="module")
def command(client: MLClient, polling: None, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """Makes commands that run on a cluster of their own, in an environment that declares nothing."""
    from azure.ai.ml import command
    from azure.ai.ml.entities import AmlCompute, Environment

    cluster = AmlCompute(name="v2-jobs", size="Standard_D2_v3", max_instances=2)
    client.compute.begin_create_or_update(cluster).result()
    environment = client.environments.create_or_update(Environment(name="v2-jobs", image="example.org/image:1"))

    def make(line: str, script: str = "", **options: Any) -> Any:
        if script:
            folder = tmp_path_factory.mktemp("code")
            (folder / "main.py").write_text(script)
            options["code"] = str(folder)
        reference = f"azureml:{environment.name}:{environment.version}"
        return command(command=line, environment=reference, **{"compute": "v2-jobs"} | options)

    return make


@pytest.fixture(autouse=True)
def _asks_for_no_deployment() -> Iterator[None]:
    """What `invoke` leaves behind for all that the process invokes later meets no other test."""
    yield
    if fields := sys.modules.get("azure.ai.ml.constants._endpoint"):
        fields.EndpointInvokeFields.DEFAULT_HEADER.pop("azureml-model-deployment", None)
