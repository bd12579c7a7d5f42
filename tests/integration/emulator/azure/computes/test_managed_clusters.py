"""AKS clusters that Azure Resource Manager makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import requests

from tests.integration.emulator.azure.computes.conftest import T4

if TYPE_CHECKING:
    from azureml.core import Workspace

POOL = {"name": "gpu", "vmSize": T4, "count": 2}
TAINTED = POOL | {"name": "kept", "count": 9, "nodeTaints": ["sku=gpu:NoSchedule"]}


def test_a_cluster_is_made_looked_at_and_attached(
    workspace: Workspace, managed: Callable[..., requests.Response]
) -> None:
    from azureml.core.compute import AksCompute, ComputeTarget

    missing = managed("GET", "Gpus")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "ResourceNotFound")
    assert managed("PUT", "Gpus", agentPoolProfiles=[POOL]).status_code == 201
    made = managed("PUT", "Gpus", agentPoolProfiles=[TAINTED, POOL], dnsPrefix="gpus")
    assert (made.status_code, made.json()) == (200, managed("GET", "gpus").json())
    told = made.json()["properties"]
    assert (told["provisioningState"], told["powerState"], told["dnsPrefix"]) == (
        "Succeeded",
        {"code": "Running"},
        "gpus",
    )
    assert (told["networkProfile"], told["disableLocalAccounts"]) == ({"loadBalancerSku": "standard"}, False)
    assert managed("GET", "gpus", group="another").status_code == 404

    configuration = AksCompute.attach_configuration(resource_id=made.json()["id"])
    ComputeTarget.attach(workspace, "looked-at", configuration).wait_for_completion(show_output=False)
    attached = AksCompute(workspace, "looked-at")
    assert (attached.agent_vm_size, attached.agent_count, attached.is_attached) == (T4, 2, True)
    assert "localWorkspaceCluster" not in (attached.tags or {})
    assert attached.cluster_resource_id == made.json()["id"]
    taken = managed("PUT", "GPUS", agentPoolProfiles=[POOL])
    assert (taken.status_code, "is attached as compute 'looked-at'" in taken.text) == (409, True)
    attached.detach()
    assert managed("PUT", "gpus", agentPoolProfiles=[POOL]).status_code == 200


@pytest.mark.parametrize(
    ("name", "properties", "said"),
    [
        ("basic", {"networkProfile": {"loadBalancerSku": "basic"}, "agentPoolProfiles": [POOL]}, "must use 'standard'"),
        ("retired", {"agentPoolProfiles": [POOL | {"vmSize": "Standard_NC6s_v3"}]}, "Standard_NC6s_v3 is retired"),
        ("bare", {"agentPoolProfiles": []}, "at least 1 entries"),
        ("-dash", {"agentPoolProfiles": [POOL]}, "no name of an AKS cluster"),
    ],
)
def test_what_aks_refuses(
    managed: Callable[..., requests.Response], name: str, properties: dict[str, object], said: str
) -> None:
    refused = managed("PUT", name, **properties)
    assert refused.status_code == 400
    assert said in refused.json()["error"]["message"]
    assert managed("GET", name).status_code == 404
