"""Computes through SDK v2: the same ones as SDK v1's."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import requests

from azureml_emulator.state.workspace import RESOURCE_GROUP, SUBSCRIPTION
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azureml.core import Workspace

SIZE = "Standard_D2_v3"
T4 = "Standard_NC4as_T4_v3"
Rest = Callable[..., requests.Response]


def cluster_id(name: str, group: str = RESOURCE_GROUP, kind: str = "ContainerService/managedClusters") -> str:
    return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.{kind}/{name}"


@pytest.fixture(scope="module")
def made(client: MLClient) -> str:
    """A cluster for jobs."""
    from azure.ai.ml.entities import AmlCompute

    cluster = AmlCompute(name="v2-nodes", size=SIZE, min_instances=1, max_instances=2, idle_time_before_scale_down=300)
    return str(client.compute.begin_create_or_update(cluster).result().name)


def test_a_cluster_for_jobs(client: MLClient, made: str) -> None:
    found = client.compute.get(made)
    assert (found.type, found.size, found.provisioning_state) == ("amlcompute", SIZE, "Succeeded")
    assert (found.min_instances, found.max_instances, found.idle_time_before_scale_down) == (1, 2, 300)
    assert len(list(client.compute.list_nodes(made))) == 1
    assert made in [one.name for one in client.compute.list()]


def test_it_is_changed_by_what_was_read(client: MLClient, made: str) -> None:
    found = client.compute.get(made)
    found.max_instances = 4
    assert client.compute.begin_update(found).result().max_instances == 4
    found = client.compute.get(made)
    assert (found.size, found.min_instances, found.max_instances) == (SIZE, 1, 4)


def test_both_sdks_have_the_same(client: MLClient, workspace: Workspace, made: str) -> None:
    from azureml.core.compute import AksCompute, AmlCompute, ComputeTarget

    assert AmlCompute(workspace, made).vm_size == SIZE
    sizes = AksCompute.provisioning_configuration(vm_size=T4, agent_count=3)
    ComputeTarget.create(workspace, "v2-of-v1", sizes).wait_for_completion(show_output=False)
    assert client.compute.get("v2-of-v1").type == "*** unsupported compute type ***"  # SDK v2 has no class for it
    client.compute.begin_delete("v2-of-v1").wait()
    assert "v2-of-v1" not in ComputeTarget.list(workspace)


@pytest.fixture(scope="module")
def attached(client: MLClient, emulator_cluster: str) -> str:
    from azure.ai.ml.entities import KubernetesCompute

    cluster = KubernetesCompute(name="v2-kubernetes", resource_id=cluster_id(emulator_cluster), namespace="scoring")
    return str(client.compute.begin_attach(cluster).result().name)


@pytest.fixture(scope="module")
def emulator_cluster(emulator: object, bearer: dict[str, str]) -> str:
    """A cluster that was made as `az aks create` makes one."""
    pools = [{"name": "gpus", "vmSize": T4, "count": 3}]
    url = f"{emulator.http}{cluster_id('v2-aks')}"  # type: ignore[attr-defined]
    body = {"location": "local", "properties": {"agentPoolProfiles": pools}}
    assert requests.put(url, json=body, headers=bearer, timeout=10).status_code == 201
    return "v2-aks"


def test_a_kubernetes_cluster_is_attached(client: MLClient, workspace: Workspace, attached: str, rest: Rest) -> None:
    from azureml.core.compute import ComputeTarget

    found = client.compute.get(attached)
    assert (found.type, found.namespace, found.resource_id) == ("kubernetes", "scoring", cluster_id("v2-aks"))
    seen = ComputeTarget.list(workspace)
    assert [one.cluster_resource_id for one in seen if one.name == attached] == [cluster_id("v2-aks")]
    held = rest("GET", "", f"/computes/{attached}").json()
    assert "localWorkspaceCluster" not in (held["tags"] or {}), "its nodes are known"
    assert not [key for key in held if key.startswith("_")]


def test_a_cluster_that_is_elsewhere(client: MLClient) -> None:
    from azure.ai.ml.entities import KubernetesCompute

    arc = cluster_id("edge", "there", "Kubernetes/connectedClusters")
    found = client.compute.begin_attach(KubernetesCompute(name="v2-arc", resource_id=arc)).result()
    assert found.namespace == "default"
    assert "by its name only" in found.tags["localWorkspaceCluster"]
    client.compute.begin_delete("v2-arc", action="Detach").wait()
    assert "v2-arc" not in [one.name for one in client.compute.list()]


def test_what_is_missing_is_not_found(client: MLClient) -> None:
    from azure.core.exceptions import ResourceNotFoundError

    with pytest.raises(ResourceNotFoundError, match="v2-nobody"):
        client.compute.get("v2-nobody")
    with pytest.raises(ResourceNotFoundError, match="v2-nobody"):
        client.compute.begin_delete("v2-nobody").wait()


def test_there_are_no_compute_instances(client: MLClient) -> None:
    from azure.ai.ml.entities import ComputeInstance
    from azure.core.exceptions import HttpResponseError

    with pytest.raises(HttpResponseError, match=r"compute type ComputeInstance: .*use this one"):
        client.compute.begin_create_or_update(ComputeInstance(name="v2-mine", size=SIZE)).wait()
    for change in (client.compute.begin_start, client.compute.begin_stop, client.compute.begin_restart):
        with pytest.raises(HttpResponseError, match="there are no compute instances"):
            change("v2-mine").wait()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"resourceId": None}, "needs the resourceId of the cluster"),
        ({"resourceId": cluster_id("x", kind="Compute/virtualMachines")}, "is not that of an AKS cluster"),
        ({"properties": {"namespace": "Not A Name"}}, "'Not A Name' is no namespace"),
        ({"properties": {"namespace": 5}}, "properties.properties.namespace must be a text"),
    ],
)
def test_what_cannot_be_attached(rest: Rest, change: dict[str, object], said: str) -> None:
    properties = {"computeType": "Kubernetes", "resourceId": cluster_id("x"), "properties": {}} | change
    answer = rest("PUT", "", "/computes/v2-refused", json={"location": "local", "properties": properties})
    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]
    assert rest("GET", "", "/computes/v2-refused").status_code == 404


def test_a_cluster_for_jobs_is_not_detached(client: MLClient, made: str, rest: Rest) -> None:
    from azure.core.exceptions import HttpResponseError

    with pytest.raises(HttpResponseError, match="was never attached"):
        client.compute.begin_delete(made, action="Detach").wait()
    refused = rest("DELETE", "", f"/computes/{made}", params={"underlyingResourceAction": "Forget"})
    assert "must be Delete or Detach, not 'Forget'" in json.dumps(refused.json())
    assert client.compute.get(made).name == made


def test_nobody_sleeps_before_asking_again(rest: Rest) -> None:
    """Without this header SDK v2 asks 5 s later."""
    properties = {"computeType": "AmlCompute", "properties": {"vmSize": SIZE}}
    put = rest("PUT", "", "/computes/v2-quick", json={"location": "local", "properties": properties})
    asked = requests.get(put.headers["Azure-AsyncOperation"], headers=rest_headers(put), timeout=10, verify=False)  # noqa: S501
    assert asked.json()["status"] == "Succeeded"
    assert put.headers["retry-after-ms"] == asked.headers["retry-after-ms"] == "100"
    assert rest("DELETE", "", "/computes/v2-quick").headers["retry-after-ms"] == "100"


def test_a_cluster_without_a_size_counts_against_no_quota(rest: Rest, emulator: Emulator) -> None:
    put = rest("PUT", "", "/computes/v2-sizeless", json={"properties": {"computeType": "AmlCompute", "properties": {}}})
    assert put.status_code == 201, put.text
    subscription = emulator.scope.partition("/resourceGroups/")[0]
    url = f"{emulator.http}{subscription}/providers/Microsoft.MachineLearningServices/locations/local/usages"
    told = requests.get(url, headers=rest_headers(put), timeout=10)
    assert (told.status_code, "Total Cluster Dedicated Regional vCPUs" in told.text) == (200, True)
    assert rest("DELETE", "", "/computes/v2-sizeless").status_code == 202


def rest_headers(answer: requests.Response) -> dict[str, str]:
    return {"Authorization": answer.request.headers["Authorization"]}
