"""What is asked of Azure Resource Manager about clusters."""

from collections.abc import Callable

import pytest
import requests

from azureml_emulator.state.workspace import RESOURCE_GROUP, SUBSCRIPTION
from tests.integration.emulator.waiting import Emulator

T4 = "Standard_NC4as_T4_v3"
ELSEWHERE = "/subscriptions/s/resourceGroups/production/providers/Microsoft.ContainerService/managedClusters/aks"


@pytest.fixture
def managed(emulator: Emulator, bearer: dict[str, str]) -> Callable[..., requests.Response]:
    """Requests to Azure Resource Manager about an AKS cluster: `managed("PUT", "gpus", pools=[…])`."""

    def send(method: str, name: str, group: str = RESOURCE_GROUP, **properties: object) -> requests.Response:
        path = (
            f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.ContainerService/managedClusters"
        )
        url, body = f"{emulator.http}{path}/{name}?api-version=2024-09-01", {"properties": properties}
        return requests.request(method, url, headers=bearer, json=body if properties else None, timeout=30)

    return send
