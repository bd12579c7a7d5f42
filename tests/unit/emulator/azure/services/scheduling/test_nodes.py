import math

import pytest

from azureml_emulator.azure.services.scheduling.nodes import allocatable, cluster_nodes
from azureml_emulator.azure.services.scheduling.resources import Resources, requests_of
from azureml_emulator.wire import Document


@pytest.mark.parametrize(
    ("vm_size", "cpu"),
    [
        ("Standard_D2_v3", 1900),
        ("Standard_D4_v3", 3860),
        ("Standard_D8_v3", 7820),
        ("Standard_D16_v3", 15740),
        ("Standard_D32_v3", 31580),
        ("Standard_D64_v3", 63260),
    ],
)
def test_processors_that_aks_leaves_are_those_of_its_table(vm_size: str, cpu: int) -> None:
    assert allocatable(vm_size).cpu == cpu


def test_memory_that_aks_leaves() -> None:
    """A quarter of a small node, and 20 MB for each of 110 pods of a large one."""
    assert allocatable("Standard_DS2_v2").memory == 7 * 1024 * 3 / 4 - 100
    assert allocatable("Standard_NC4as_T4_v3").memory == 28 * 1024 - 2250 - 100


def test_of_an_unknown_size_gpus_alone_count() -> None:
    assert allocatable("Standard_NC96other") == Resources(math.inf, math.inf, 0)


def cluster(vm_size: str | None, nodes: int | None, purpose: str = "FastProd") -> Document:
    details = {"agentVmSize": vm_size, "agentCount": nodes, "clusterPurpose": purpose}
    return {"properties": {"properties": details}}


def processors(cluster: Document) -> list[float]:
    return [node.cpu for node in cluster_nodes(cluster) or ()]


def test_the_router_takes_its_share_of_three_nodes_or_of_one() -> None:
    assert processors(cluster("Standard_NC4as_T4_v3", 4)) == [2960, 2960, 2960, 3860]
    assert processors(cluster("Standard_NC4as_T4_v3", 2, "DevTest")) == [2960, 3860]


def test_no_nodes_are_not_nodes_that_nobody_knows() -> None:
    assert cluster_nodes(cluster(None, None)) is None
    assert cluster_nodes(cluster("Standard_NC4as_T4_v3", 0)) == []


def test_a_replica_asks_for_more_than_it_was_given() -> None:
    """As recorded in azure-sdk-for-python#14168, where it found no room on the one node of two processors, either."""
    asked = requests_of({"containerResourceRequirements": {"cpu": 1, "memoryInGB": 2, "gpu": None}})
    assert (asked.cpu / 1000, round(asked.memory / 1024, 2), asked.gpus) == (1.1, 2.6, 0)
    nodes = cluster_nodes(cluster("Standard_D2_v3", 1, "DevTest"))
    assert nodes
    assert [asked.lacking(node) for node in nodes] == [["cpu"]]
