"""How many replicas of a service a cluster has room for, by GPUs, CPU and memory.

What AKS keeps of a node for itself is documented, and certain:
https://learn.microsoft.com/azure/aks/node-resource-reservations. What other pods ask for there is likely: AKS's own in
kube-system, and azureml-fe, which Azure ML puts on three nodes of a production cluster and on one of a DevTest cluster.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from config.compute.vm_sizes import GpuSize
from config.sections.service import Service
from config.sections.workspace import Cluster

FRONT_ENDS = {"DevTest": 1, "FastProd": 3, "DenseProd": 3}
"""Nodes with azureml-fe by the cluster's purpose, as v2's documentation has it for test and for production."""
KINDS = (("gpu_cores", "GPU"), ("cpu_cores", "CPU cores"), ("memory_gb", "GB of memory"))
"""The settings of a service that say what a replica has, with their units; in the order of Resources."""
SLACK = 1e-9
"""Cores and gigabytes are sums of decimal fractions: 3 * 1.1 is more than 3.3."""


class Resources(NamedTuple):
    """What a node has, or what is taken of it. Memory is in gigabytes (GiB)."""

    gpus: float
    cpu_cores: float
    memory_gb: float

    def plus(self, other: "Resources", times: float = 1) -> "Resources":
        return Resources(*(one + times * more for one, more in zip(self, other, strict=True)))


class Shortage(NamedTuple):
    """A kind of resource of which a cluster has too little."""

    kind: int
    """Its place in Resources."""
    key: str
    """The setting that says how much of it a replica has."""
    fitting: int
    """Replicas that there is room for."""
    text: str
    """What a replica takes, and what nodes have left."""
    most: float
    """Value of the setting with which all replicas fit; 0 or less where none does."""
    too_large: bool
    """Whether a replica fits on no node at all: more nodes are of no use."""


def taken(asked: Resources, replicas: int, cluster: Cluster) -> Resources:
    """What replicas that ask for ``asked`` each take of a cluster, with what Azure ML adds to each."""
    each = asked.plus(Resources(0, cluster.replica_extra_cpu_cores, cluster.replica_extra_memory_gb))
    return Resources(0, 0, 0).plus(each, replicas)


def shortages(
    service: Service, cluster: Cluster, size: GpuSize, held: Iterable[Resources] = (), *, likely: bool, spare: int = 1
) -> list[Shortage]:
    """Every resource too scarce for all replicas and the ``spare`` ones that an update starts; GPUs first.

    ``cluster.nodes`` of ``size`` are there, and other services hold ``held`` of them. ``likely`` counts azureml-fe and
    AKS's pods too; without it nothing counts but what is certain.
    """
    asked = Resources(service.gpu_cores, service.cpu_cores, service.memory_gb)
    each, whole = taken(asked, 1, cluster), Resources(size.gpus, size.vcpus, size.memory_gb)
    nodes = _nodes(cluster, size) if likely else [allocatable(size, cluster.max_pods)] * cluster.nodes
    others = [sum(amounts) for amounts in zip(Resources(0, 0, 0), *held, strict=True)]
    needed = service.most_replicas + spare
    found = []
    for kind, (key, unit) in enumerate(KINDS):
        free = [node[kind] for node in nodes]
        fitting = _fitting(free, others[kind], each[kind]) if each[kind] else needed
        if fitting < needed:
            text = f"{each[kind]:g} {unit}{_added(each[kind] - asked[kind])}{_left(free, whole[kind])}"
            share = min(min(free) / math.ceil(needed / cluster.nodes), (sum(free) - others[kind]) / needed)
            most = math.floor(100 * (share - (each[kind] - asked[kind])) + SLACK) / 100
            too_large = each[kind] > max(free) + SLACK
            found.append(Shortage(kind, f"service.{key}", fitting, text, most, too_large))
    return found


def allocatable(size: GpuSize, max_pods: int) -> Resources:
    """What AKS leaves of a node to pods, from Kubernetes 1.29 on."""
    kept_cores = 0.1 + 0.01 * size.vcpus  # the documented table, from 4 virtual CPUs on
    kept_memory = min(0.02 * max_pods + 0.05, 0.25 * size.memory_gb) + 0.1
    return Resources(size.gpus, size.vcpus - kept_cores, size.memory_gb - kept_memory)


def _nodes(cluster: Cluster, size: GpuSize) -> list[Resources]:
    """What each node likely has for replicas."""
    system = Resources(0, cluster.system_cpu_cores, cluster.system_memory_gb)
    front_end = Resources(0, cluster.front_end_cpu_cores, cluster.front_end_memory_gb)
    plain = allocatable(size, cluster.max_pods).plus(system, -1)
    fronted = min(cluster.nodes, FRONT_ENDS[cluster.purpose])
    return [plain.plus(front_end, -1)] * fronted + [plain] * (cluster.nodes - fronted)


def _fitting(free: Sequence[float], others: float, each: float) -> int:
    """A replica doesn't span nodes. Of what others hold, it isn't known on which: its sum counts."""
    on_nodes = sum(math.floor(one / each + SLACK) for one in free if one > 0)
    return max(0, min(on_nodes, math.floor((sum(free) - others) / each + SLACK)))


def _added(amount: float) -> str:
    return f" ({amount:g} of it by Azure ML itself)" if amount > SLACK else ""


def _left(free: Sequence[float], whole: float) -> str:
    least, most = min(free), max(free)
    if least == whole:
        return ""
    left = f"{least:.2f}" if most - least < SLACK else f"{least:.2f} to {most:.2f}"
    return f", with {left} of {whole:g} left on a node"
