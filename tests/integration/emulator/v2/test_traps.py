"""What surprises in SDK v2, as the page of the local workspace says it: these fail when a newer SDK is another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from tests.integration.emulator.v2.endpoints.serving import assets, managed
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

NAME = "trap-one"
HEADER = "azureml-model-deployment"


@pytest.fixture(scope="module")
def endpoint(client: MLClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """All of its traffic goes to `green`."""
    from azure.ai.ml.entities import ManagedOnlineEndpoint, OnlineRequestSettings

    made_of = assets(client, tmp_path_factory.mktemp("traps"), "trap")
    one = ManagedOnlineEndpoint(name=NAME, auth_mode="key")
    client.online_endpoints.begin_create_or_update(one).result()
    exact = OnlineRequestSettings(request_timeout_ms=1500, max_queue_wait_ms=500)
    for name in ("blue", "green"):
        deployment = managed(NAME, name, made_of, request_settings=exact)
        client.online_deployments.begin_create_or_update(deployment).result()
    one.traffic = {"green": 100}
    client.online_endpoints.begin_create_or_update(one).result()
    yield NAME
    client.online_endpoints.begin_delete(NAME).result()


def test_invoke_remembers_the_deployment(client: MLClient, endpoint: str, tmp_path: Path) -> None:
    from azure.ai.ml.constants._endpoint import EndpointInvokeFields

    request = tmp_path / "request.json"
    request.write_text("{}")

    def answered(deployment: str | None = None) -> str:
        text = client.online_endpoints.invoke(endpoint, request_file=str(request), deployment_name=deployment)
        return str(json.loads(text)["COLOUR"])

    assert answered() == "green"
    assert answered("blue") == "blue"
    assert answered() == "blue"
    EndpointInvokeFields.DEFAULT_HEADER.pop(HEADER)
    assert answered() == "green"


def test_durations_are_cut_where_they_are_read(client: MLClient, endpoint: str, emulator: Emulator) -> None:
    read = client.online_deployments.get("blue", endpoint).request_settings
    assert (read.request_timeout_ms, read.max_queue_wait_ms) == (1000, 0)
    url = f"{emulator.http}{emulator.scope}/onlineEndpoints/{endpoint}/deployments/blue"
    token = client._credential.get_token("https://management.azure.com/.default").token
    kept = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30).json()
    sent = kept["properties"]["requestSettings"]
    assert (sent["requestTimeout"], sent["maxQueueWait"]) == ("PT1.5S", "PT0.5S")
