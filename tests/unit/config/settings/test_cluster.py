"""Whether the replicas fit the cluster."""

import pytest

from config.settings import load_settings
from tests.unit.config.settings.refusals import refusal


def test_replicas_and_the_surge_must_fit_the_gpus() -> None:
    assert load_settings("prod", {"service.replicas": "2"}, {}).service.replicas == 2
    message = refusal({"service.replicas": "3"})
    assert "4 replicas of 1 GPU" in message
    assert "have room for 3" in message


def test_the_most_replicas_of_an_autoscaled_service_and_the_surge_must_fit_the_gpus() -> None:
    scaled = load_settings("prod", {"service.replicas": "1", "service.autoscale_max_replicas": "2"}, {})
    assert scaled.service.most_replicas == 2
    message = refusal({"service.replicas": "1", "service.autoscale_max_replicas": "3"})
    assert "service.autoscale_max_replicas=3" in message
    assert "4 replicas of 1 GPU" in message
    assert "less than replicas=2, the fewest" in refusal({"service.autoscale_max_replicas": "1"})


def test_a_replica_does_not_span_nodes() -> None:
    # 3 nodes of 4 GPUs hold one replica of 3 GPUs each, not four.
    four_gpus = {"cluster.vm_size": "Standard_NC64as_T4_v3", "service.gpu_cores": "3"}
    assert load_settings("prod", four_gpus, {}).service.gpu_cores == 3
    assert "have room for 3" in refusal(four_gpus | {"service.replicas": "3"})


def test_gpu_service_on_a_cpu_cluster_is_refused() -> None:
    assert "Standard_D4s_v5 has no GPU" in refusal({"cluster.vm_size": "Standard_D4s_v5"})


def test_required_gpu_on_cpu_compute_is_refused() -> None:
    cpu = {"compute.vm_size": "Standard_D4s_v5"}
    assert "compute.vm_size=Standard_D4s_v5 has no GPU" in refusal(cpu)
    assert load_settings("local", cpu, {}).compute.vm_size == "Standard_D4s_v5"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"service.cpu_cores": "3.8"}, "3.9 CPU cores (0.1 of it by Azure ML itself), with 3.86 of 4 left on a node; "),
        (
            {"service.cpu_cores": "3.8"},
            "room for 0: choose a larger cluster.vm_size, or lower service.cpu_cores to 3.76",
        ),
        (
            {"cluster.vm_size": "Standard_NC64as_T4_v3", "service.cpu_cores": "40", "service.replicas": "3"},
            "room for 3: add nodes, lower service.replicas, or lower service.cpu_cores to 31.53",
        ),
        (
            {"service.memory_gb": "24"},
            "24.6 GB of memory (0.6 of it by Azure ML itself), with 22.85 of 28 left on a node",
        ),
        ({"cluster.vm_size": "Standard_NC64as_T4_v3", "service.cpu_cores": "64"}, "lower service.cpu_cores to 63.16"),
        ({"service.enable_gpu": "false", "service.gpu_cores": "0", "service.cpu_cores": "4"}, "4.1 CPU cores"),
    ],
)
def test_replicas_and_the_surge_must_fit_what_aks_leaves_of_nodes(overrides: dict[str, str], message: str) -> None:
    assert message in refusal(overrides)


def test_small_cluster_is_for_development_only() -> None:
    small = {"cluster.nodes": "2", "service.replicas": "1"}
    assert "needs 3 nodes and 12 virtual CPUs, 2 x Standard_NC4as_T4_v3 have 8" in refusal(small)
    assert load_settings("prod", small | {"cluster.purpose": "DevTest"}, {}).cluster.nodes == 2


def test_the_nodes_of_the_local_workspace_are_as_large_as_need_be() -> None:
    large = {"service.replicas": "1", "service.cpu_cores": "6", "service.memory_gb": "48"}
    assert "6.1 CPU cores" in refusal(large)
    assert load_settings("local", large | {"cluster.nodes": "2"}, {}).service.cpu_cores == 6
