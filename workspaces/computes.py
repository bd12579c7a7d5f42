"""Computes: what runs the steps, and the cluster that serves."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from config.settings import Cluster, Compute

AML_COMPUTE = "AmlCompute"
AKS = "AKS"
KUBERNETES = "Kubernetes"
SERVING = {"v1": AKS, "v2": KUBERNETES}
"""The kind of cluster that services run on, by the SDK."""
MANAGED = "Managed"
"""No kind of compute: Azure ML's own machines, which SDK v2's services may run on."""
SUCCEEDED = "Succeeded"
"""State of a compute that can be used."""


@dataclass(frozen=True)
class ComputeState:
    """A compute as it is; None is what Azure ML doesn't tell of it, or what its kind doesn't have."""

    name: str
    kind: str
    """AML_COMPUTE, AKS, KUBERNETES, or another of Azure ML's types."""
    state: str
    """``Succeeded`` when it can be used."""
    vm_size: str | None = None
    nodes: int | None = None
    """Of a cluster: the nodes of its pool."""
    min_nodes: int | None = None
    max_nodes: int | None = None
    resource_id: str | None = None
    """Of a cluster: its ARM id."""
    idle_seconds: int | None = None
    """Seconds without work after which a node is given back."""
    tls: bool = False
    """Of a cluster: whether it was made or attached with a certificate, so that its services are called over https."""
    identity_ids: tuple[str, ...] = ()
    """ARM ids of its user-assigned identities, in lower case."""
    has_identity: bool = True
    """Of an AmlCompute: whether its runs have a managed identity to sign in as."""
    gpus_counted: bool = True
    """Of a cluster: whether it runs out of GPUs. Those of the local workspace are made up."""


class ClusterId(NamedTuple):
    """What the ARM id of an AKS cluster says."""

    subscription: str
    group: str
    name: str

    @classmethod
    def of(cls, resource_id: str) -> "ClusterId":
        """``resource_id`` is of the form that ``cluster.resource_id`` must have."""
        _, _, subscription, _, group, *_, name = resource_id.split("/")
        return cls(subscription, group, name)

    def __str__(self) -> str:
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
        return f"{group}/providers/Microsoft.ContainerService/managedClusters/{self.name}"


@dataclass(frozen=True)
class NodePool:
    """A pool of nodes of an AKS cluster, as Azure Resource Manager tells of it."""

    name: str
    vm_size: str
    nodes: int
    linux: bool = True
    taints: tuple[str, ...] = ()
    """``key=value:effect`` each."""


@dataclass(frozen=True)
class ManagedCluster:
    """An AKS cluster as Azure Resource Manager tells of it, attached or not."""

    state: str
    """``Succeeded`` when nothing is under way."""
    running: bool
    kubernetes: str
    """Version, such as ``1.34.1``."""
    load_balancer: str
    """``standard`` or ``basic``."""
    local_accounts: bool
    managed_identity: bool
    """Whether it has one; an older cluster may have a service principal instead."""
    pools: tuple[NodePool, ...]
    authorized_ip_ranges: tuple[str, ...] = ()
    """Addresses that alone reach its API server; empty: all do."""


class Computes(Protocol):
    """What is asked of a compute that isn't there, other than find(), raises WorkspaceError."""

    def find(self, name: str) -> ComputeState | None:
        """The compute of that name, whatever its kind; None when there is none."""

    def create_compute(self, wanted: Compute) -> None:
        """Make an AmlCompute with the wanted identity, or a system-assigned one, and wait for it."""

    def rescale_compute(self, wanted: Compute) -> None:
        """Give it the fewest and most nodes of ``wanted``, and its idle seconds."""

    def give_identity(self, name: str, identity_id: str) -> None:
        """Give an AmlCompute this user-assigned identity, in the place of a system-assigned one."""

    def find_managed_cluster(self, cluster: ClusterId) -> ManagedCluster | None:
        """The AKS cluster, wherever it is, attached or not; None when there is none. Changes nothing."""

    def attach_cluster(self, wanted: Cluster, cluster: ClusterId) -> None:
        """Attach the AKS cluster under ``wanted.name``, and wait until it is."""

    def detach(self, name: str) -> None:
        """Detach a cluster, which stays where it is."""

    def delete(self, name: str) -> None:
        """Delete a compute with its nodes, and wait until it is gone."""
