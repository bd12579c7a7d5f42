"""A cluster of two nodes with a GPU each: what finds no room on them waits, and is given up after five minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.integration.emulator.client import Client
from tests.integration.emulator.waiting import until

if TYPE_CHECKING:
    from azureml.core import Model, Workspace
    from azureml.core.model import InferenceConfig
    from azureml.core.webservice import AksWebservice

Register = Callable[[str], "Model"]
Deploy = Callable[[str], "AksWebservice"]


@pytest.fixture(scope="module")
def deploy(workspace: Workspace, scoring: InferenceConfig, model: Register) -> Iterator[Deploy]:
    """Asks for a service of one replica; whatever was deployed is deleted in the end."""
    from azureml.core import Model, Webservice
    from azureml.core.compute import AksCompute, ComputeTarget
    from azureml.core.webservice import AksWebservice

    sizes = AksCompute.provisioning_configuration(vm_size="Standard_NC4as_T4_v3", agent_count=2)
    cluster = ComputeTarget.create(workspace, "two-gpus", sizes)
    options: dict[str, Any] = {"num_replicas": 1, "autoscale_enabled": False, "gpu_cores": 1, "cpu_cores": 1}
    configuration = AksWebservice.deploy_configuration(**options, memory_gb=1, max_request_wait_time=10000)

    def ask(name: str) -> AksWebservice:
        return Model.deploy(workspace, name, [model("one")], scoring, configuration, cluster)

    yield ask
    for service in Webservice.list(workspace):
        service.delete()
    cluster.delete()


@pytest.fixture(scope="module")
def service(deploy: Deploy) -> AksWebservice:
    service = deploy("roomy")
    service.wait_for_deployment()
    return service


@pytest.fixture(scope="module")
def client(service: AksWebservice) -> Client:
    return Client.of(service)


@pytest.fixture
def five_minutes_later(rest: Callable[..., requests.Response]) -> Callable[[AksWebservice], str]:
    """Waits until a service waits for room, and then for what its deployment fails with when nobody makes any."""
    from azureml.exceptions import WebserviceException

    def wait(service: AksWebservice) -> str:
        until(lambda: "Waits for room for 5 minutes" in service.get_logs(), "the service to wait for room")
        service.update_deployment_state()
        assert service.state == "Transitioning"
        assert rest("POST", "/own", "/clock", json={"advance": 300}).status_code == 200
        with pytest.raises(WebserviceException) as raised:
            service.wait_for_deployment()
        return str(raised.value)

    return wait


def test_what_fits_on_no_node_is_accepted_and_turns_out_unschedulable(
    service: AksWebservice, client: Client, workspace: Workspace, five_minutes_later: Callable[[AksWebservice], str]
) -> None:
    """Meanwhile, and afterwards, what ran before goes on."""
    from azureml.core import Webservice

    before = client.processes()
    service.update(cpu_cores=64, memory_gb=900)
    assert client.processes() == before
    said = five_minutes_later(service)
    assert "current service state: Unschedulable" in said
    assert "0/2 nodes are available: 1 Insufficient nvidia.com/gpu, 2 Insufficient cpu, 2 Insufficient memory." in said
    assert "after trying for 00:05:00" in said
    found = Webservice(workspace, "roomy")
    assert (found.state, found.error["code"]) == ("Unschedulable", "KubernetesError")
    assert (found.container_resource_requirements.cpu, found.deployment_status["availableReplicas"]) == (1, 1)
    assert client.processes() == before


def test_an_update_of_all_gpus_needs_none_to_spare(
    service: AksWebservice, client: Client, scoring: InferenceConfig, model: Register
) -> None:
    """One old replica gives way: of two that are wanted, one may be missing."""
    service.update(num_replicas=2)
    service.wait_for_deployment()
    assert (service.state, len(before := client.processes())) == ("Healthy", 2)
    service.update(models=[model("two")], inference_config=scoring)
    service.wait_for_deployment()
    after = client.processes()
    assert (client.answer()["model"], len(after), before & after) == ("two", 2, set())


def test_what_waits_for_a_gpu_gets_the_first_that_is_free(
    service: AksWebservice, deploy: Deploy, client: Client, five_minutes_later: Callable[[AksWebservice], str]
) -> None:
    """Before a deployment Azure ML counts no GPUs. More replicas than there is room for leave those that there are."""
    service.update(num_replicas=3)
    assert "0/2 nodes are available: 2 Insufficient nvidia.com/gpu." in five_minutes_later(service)
    assert (service.state, service.num_replicas, len(client.processes())) == ("Unschedulable", 2, 2)

    waiting = deploy("waiting")
    until(lambda: "Waits for room" in waiting.get_logs(), "the second service to wait for room")
    service.update(num_replicas=1)
    service.wait_for_deployment()
    waiting.wait_for_deployment()
    assert (service.state, waiting.state) == ("Healthy", "Healthy")
