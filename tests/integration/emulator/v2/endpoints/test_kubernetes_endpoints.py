"""Online endpoints on a Kubernetes cluster that is attached to the workspace."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.integration.emulator.client import in_background
from tests.integration.emulator.v2.endpoints.serving import Assets, Caller, assets
from tests.integration.emulator.waiting import until

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import KubernetesOnlineDeployment

NAME, CLUSTER = "ok-one", "ok-cluster"
CLUSTER_ID = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/local/providers"
    "/Microsoft.ContainerService/managedClusters/ok"
)
Build = Callable[..., "KubernetesOnlineDeployment"]


@pytest.fixture(scope="module")
def cluster(client: MLClient) -> Iterator[str]:
    from azure.ai.ml.entities import KubernetesCompute

    types = {"large": {"resources": {"requests": {"cpu": "2", "memory": "4Gi"}, "limits": {"nvidia.com/gpu": "1"}}}}
    asked = KubernetesCompute(
        name=CLUSTER, resource_id=CLUSTER_ID, namespace="scoring", properties={"instanceTypes": types}
    )
    client.compute.begin_create_or_update(asked).result()
    yield CLUSTER
    client.compute.begin_delete(CLUSTER, action="Detach").result()


@pytest.fixture(scope="module")
def made_of(client: MLClient, tmp_path_factory: pytest.TempPathFactory) -> Assets:
    return assets(client, tmp_path_factory.mktemp("kubernetes"), "ok")


@pytest.fixture(scope="module")
def endpoint(client: MLClient, cluster: str) -> Iterator[str]:
    from azure.ai.ml.entities import KubernetesOnlineEndpoint

    asked = KubernetesOnlineEndpoint(name=NAME, compute=cluster, auth_mode="key")
    client.online_endpoints.begin_create_or_update(asked).result()
    yield NAME
    client.online_endpoints.begin_delete(NAME).result()


@pytest.fixture(scope="module")
def build(endpoint: str, made_of: Assets) -> Build:
    from azure.ai.ml.entities import (
        CodeConfiguration,
        KubernetesOnlineDeployment,
        OnlineRequestSettings,
        ProbeSettings,
        ResourceRequirementsSettings,
        ResourceSettings,
    )

    def one(**options: Any) -> KubernetesOnlineDeployment:
        common: dict[str, Any] = {
            "model": made_of.model,
            "environment": made_of.environment,
            "code_configuration": CodeConfiguration(code=made_of.code, scoring_script="score.py"),
            "environment_variables": {"COLOUR": "blue"},
            "instance_count": 1,
            "resources": ResourceRequirementsSettings(
                requests=ResourceSettings(cpu="500m", memory="0.5Gi"), limits=ResourceSettings(cpu="1", memory="1Gi")
            ),
            "request_settings": OnlineRequestSettings(
                max_concurrent_requests_per_instance=1, max_queue_wait_ms=20000, request_timeout_ms=20000
            ),
            "readiness_probe": ProbeSettings(initial_delay=1, period=1, timeout=1, failure_threshold=2),
        }
        return KubernetesOnlineDeployment(endpoint_name=endpoint, **common | {"name": "blue"} | options)

    return one


@pytest.fixture(scope="module")
def blue(client: MLClient, build: Build) -> KubernetesOnlineDeployment:
    made: KubernetesOnlineDeployment = client.online_deployments.begin_create_or_update(build()).result()
    return made


@pytest.fixture(scope="module")
def caller(client: MLClient, blue: KubernetesOnlineDeployment) -> Caller:
    made = client.online_endpoints.get(NAME)
    made.traffic = {"blue": 100}
    client.online_endpoints.begin_create_or_update(made).result()
    return Caller.of(client, NAME)


def test_is_found_as_it_was_sent(client: MLClient, blue: KubernetesOnlineDeployment, cluster: str) -> None:
    found = client.online_deployments.get("blue", NAME)
    assert (found.resources.requests.cpu, found.resources.requests.memory) == ("500m", "0.5Gi")
    assert (found.resources.limits.cpu, found.resources.limits.memory) == ("1", "1Gi")
    assert (found.readiness_probe.period, found.readiness_probe.failure_threshold) == (1, 2)
    assert found.provisioning_state == "Succeeded"
    endpoint = client.online_endpoints.get(NAME)
    assert endpoint.compute.endswith(f"/computes/{cluster}")
    assert client.compute.get(cluster).namespace == "scoring"
    assert cluster in [one.name for one in client.compute.list()]


def test_needs_no_resources(client: MLClient, build: Build) -> None:
    plain = client.online_deployments.begin_create_or_update(build(name="plain", resources=None)).result()
    assert (plain.provisioning_state, plain.resources) == ("Succeeded", None)
    plain.instance_count = 2
    assert client.online_deployments.begin_create_or_update(plain).result().instance_count == 2
    client.online_deployments.begin_delete("plain", NAME).result()


def test_answers_as_the_front_end_does(caller: Caller) -> None:
    assert caller.answer()["COLOUR"] == "blue"
    assert caller.post(fail=True).status_code == 502
    headers = {"Authorization": f"Bearer {caller.key}"}
    swagger = caller.uri.replace("/score", "/swagger.json")
    found = requests.get(caller.uri, headers=headers, timeout=10)  # the server makes a body of the query
    assert (found.status_code, found.json()["COLOUR"]) == (200, "blue")
    assert requests.post(swagger, headers=headers, timeout=10).status_code == 405  # as the server itself says


def test_a_replica_that_is_not_ready_gets_no_requests(caller: Caller, client: MLClient) -> None:
    """The server answers one request at a time, so a long one keeps its probe from being answered."""
    assert caller.post(sleep=4).status_code == 200
    assert "readiness probe failed" in client.online_deployments.get_logs("blue", NAME, lines=500)
    assert caller.answer()["COLOUR"] == "blue"  # it waits until the replica is ready again


def test_scales_by_its_requests(caller: Caller, client: MLClient, build: Build) -> None:
    from azure.ai.ml.entities import TargetUtilizationScaleSettings

    scale = TargetUtilizationScaleSettings(
        min_instances=1, max_instances=2, polling_interval=1, target_utilization_percentage=100
    )
    before = caller.answer()["pid"]
    scaled = client.online_deployments.begin_create_or_update(build(scale_settings=scale)).result()
    assert (scaled.scale_settings.type, scaled.scale_settings.max_instances) == ("target_utilization", 2)
    assert caller.answer()["pid"] == before

    def keep_busy(stop: threading.Event) -> None:
        while not stop.is_set():
            caller.post(sleep=0.3)

    with in_background(keep_busy, 4):
        until(lambda: caller.answer(sleep=0.05)["pid"] != before, "an answer of another instance")
    client.online_deployments.begin_create_or_update(build()).result()


def test_a_cluster_with_an_endpoint_stays(client: MLClient, endpoint: str, cluster: str) -> None:
    from azure.core.exceptions import HttpResponseError

    with pytest.raises(HttpResponseError, match=f"hosts endpoint '{NAME}'"):
        client.compute.begin_delete(cluster, action="Detach")


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"endpointComputeType": "Managed"}, "is Kubernetes"),
        ({"instanceType": "small"}, "has no instance type 'small', it has defaultinstancetype, large"),
        ({"containerResourceRequirements": {"containerResourceRequests": {"cpu": "much"}}}, "quantity of Kubernetes"),
        ({"containerResourceRequirements": {"containerResourceRequests": {"gpu": "0.5"}}}, "a whole number up to 64"),
        (
            {
                "containerResourceRequirements": {
                    "containerResourceRequests": {"cpu": "2"},
                    "containerResourceLimits": {"cpu": "1"},
                }
            },
            "2 is requested, above the limit of 1",
        ),
        ({"scaleSettings": {"scaleType": "TargetUtilization", "minInstances": 3, "maxInstances": 2}}, "from 3 to 2"),
    ],
)
def test_what_no_deployment_may_be(
    rest: Callable[..., requests.Response], endpoint: str, made_of: Assets, properties: dict[str, Any], reason: str
) -> None:
    code = {"codeId": made_of.code, "scoringScript": "score.py"}
    good = {"endpointComputeType": "Kubernetes", "codeConfiguration": code, "environmentId": made_of.environment}
    answer = rest("PUT", "", f"/onlineEndpoints/{endpoint}/deployments/wrong", json={"properties": good | properties})
    assert answer.status_code == 400, answer.text
    assert reason in answer.json()["error"]["message"]


def test_what_an_endpoint_cannot_be_on(rest: Callable[..., requests.Response], endpoint: str, client: MLClient) -> None:
    managed = {"authMode": "Key"}
    moved = rest("PUT", "", f"/onlineEndpoints/{endpoint}", json={"properties": managed})
    assert "cannot change" in moved.json()["error"]["message"]
