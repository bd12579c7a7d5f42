"""The nodes of a cluster: what each has for replicas, after what Kubernetes and the router take."""

import math

from azureml_emulator.azure.computes.gpus import nodes_that_serve
from azureml_emulator.azure.computes.sizes import cores_and_memory, gpus_per_node
from azureml_emulator.azure.services.scheduling.resources import Resources
from azureml_emulator.wire import Document

_PODS_PER_NODE = 110
"""As with kubenet, AKS' networking by default."""
_EVICTION = 100
"""MiB that are never handed out: https://learn.microsoft.com/azure/aks/node-resource-reservations (1.29 and later)."""
_ROUTER = Resources(cpu=900, memory=800)
"""azureml-fe's requests, of version 2: https://learn.microsoft.com/azure/machine-learning/reference-kubernetes
Those of version 1 aren't documented; so many would explain what is recorded in azure-sdk-for-python#14168."""
_ROUTERS = {"DevTest": 1}
_ROUTERS_IN_PRODUCTION = 3


def cluster_nodes(cluster: Document) -> list[Resources] | None:
    """What each node has for replicas; None where the nodes aren't known."""
    vm_size, count = nodes_that_serve(cluster)
    if not vm_size:
        return None
    routers = _ROUTERS.get(str(cluster["properties"]["properties"].get("clusterPurpose")), _ROUTERS_IN_PRODUCTION)
    node = allocatable(vm_size)
    return [node.minus(_ROUTER) if number < routers else node for number in range(count)]


def allocatable(vm_size: str) -> Resources:
    """What Kubernetes has to hand out on a node; of a size that isn't known here, processors and memory without end."""
    known, gpus = cores_and_memory(vm_size), gpus_per_node(vm_size)
    if known is None:
        return Resources(math.inf, math.inf, gpus)
    cores, gib = known
    memory = gib * 1024
    return Resources(cores * 1000 - _reserved_cpu(cores), memory - _reserved_memory(memory), gpus)


def _reserved_cpu(cores: int) -> int:
    """By the table of the page that `_EVICTION` names: 60 for one core, 100 for two, 140 for four, then 10 for each."""
    return 20 + 40 * cores if cores < 3 else 100 + 10 * cores


def _reserved_memory(memory: float) -> float:
    return min(20 * _PODS_PER_NODE + 50, memory / 4) + _EVICTION
