"""Computes: what runs the steps, and the cluster that serves."""

from dataclasses import dataclass
from typing import Protocol

from config.settings import Cluster, Compute

AML_COMPUTE = "AmlCompute"
AKS = "AKS"


@dataclass(frozen=True)
class ComputeState:
    """A compute as it is; None is what Azure ML doesn't tell of it, or what its kind doesn't have."""

    name: str
    kind: str
    """AML_COMPUTE, AKS, or another of Azure ML's types."""
    state: str
    """``Succeeded`` when it can be used."""
    vm_size: str | None = None
    nodes: int | None = None
    """Of a cluster: the nodes of its pool."""
    min_nodes: int | None = None
    max_nodes: int | None = None
    idle_seconds: int | None = None
    """Seconds without work after which a node is given back."""
    tls: bool = False
    """Of a cluster: whether it was made or attached with a certificate, so that its services are called over https."""
    identity_ids: tuple[str, ...] = ()
    """ARM ids of its user-assigned identities, in lower case."""
    gpus_counted: bool = True
    """Of a cluster: whether it runs out of GPUs. Those of the local workspace are made up."""


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

    def create_cluster(self, wanted: Cluster) -> None:
        """Make an AKS cluster, and wait for it."""

    def attach_cluster(self, wanted: Cluster) -> None:
        """Attach the AKS cluster ``wanted.resource_id``, and wait until it is."""

    def detach(self, name: str) -> None:
        """Detach a cluster, which stays where it is."""

    def delete(self, name: str) -> None:
        """Delete a compute with its nodes, and wait until it is gone."""
