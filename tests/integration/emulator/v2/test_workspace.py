from __future__ import annotations

from typing import TYPE_CHECKING

from azureml_emulator.state.workspace import NAME
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azure.ai.ml import MLClient


def test_the_workspace_is_the_one_of_sdk_v1(client: MLClient, emulator: Emulator) -> None:
    found = client.workspaces.get(NAME)
    assert found.discovery_url == f"{emulator.address['http']}/discovery"
    assert found.mlflow_tracking_uri.startswith("azureml://127.0.0.1:")
