"""Can Azure ML serve from an AKS cluster? Answered by what Azure Resource Manager tells of it, before it is attached.

A cluster is hard to get rid of once it is attached: it has to be detached, and cleaned up by hand. Sources:
https://learn.microsoft.com/azure/machine-learning/v1/how-to-create-attach-kubernetes and, for local accounts and the
identity, https://learn.microsoft.com/azure/machine-learning/how-to-deploy-kubernetes-extension
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from config.errors import WorkspaceError
from config.settings import Cluster
from pipelines.infrastructure import az_commands
from workspaces.computes import ClusterId, ManagedCluster, NodePool

OLDEST_KUBERNETES = (1, 34)
"""Of the versions that AKS supported in August 2026."""


@dataclass(frozen=True)
class Obstacle:
    """What keeps a cluster from being attached."""

    problem: str
    mend: tuple[str, ...]
    """Command lines that end it."""

    def __str__(self) -> str:
        return "\n".join([f"- {self.problem}:", *(f"  {line}" for line in self.mend)])


def obstacles(cluster: ClusterId, found: ManagedCluster | None, wanted: Cluster) -> list[Obstacle]:
    """Everything about the cluster that is ``found`` that has to be mended first, the root cause first."""
    if found is None:
        problem = f"there is none of this name in the resource group {cluster.group}; make it"
        return [Obstacle(problem, tuple(az_commands.create(cluster, wanted)))]
    return [*_of_cluster(cluster, found), *_of_pools(cluster, found, wanted)]


def as_error(cluster: ClusterId, found: Sequence[Obstacle]) -> WorkspaceError:
    """All that has to be done, to be copied line by line."""
    lines = [f"The AKS cluster {cluster.name} can't be attached yet:", *map(str, found), "Then provision again."]
    return WorkspaceError("\n".join(lines))


def notes(found: ManagedCluster, wanted: Cluster) -> list[str]:
    """What may be right, and is to be known."""
    return list(_notes(found, wanted))


def _of_cluster(cluster: ClusterId, found: ManagedCluster) -> Iterator[Obstacle]:
    if not found.running:
        yield Obstacle("it is stopped", (az_commands.start(cluster),))
    elif found.state != "Succeeded":
        show = f"{az_commands.show(cluster)} --query provisioningState"
        yield Obstacle(f"it is {found.state}, not Succeeded; wait, or look why", (show,))
    if found.load_balancer != "standard":
        mend = az_commands.update(cluster, "--load-balancer-sku standard")
        yield Obstacle(f"its load balancer is {found.load_balancer}, which AKS no longer supports", (mend,))
    if not found.local_accounts:
        mend = az_commands.update(cluster, "--enable-local-accounts")
        yield Obstacle("its local accounts are disabled, by which Azure ML signs in to it", (mend,))
    if not found.managed_identity:
        mend = az_commands.update(cluster, "--enable-managed-identity")
        yield Obstacle("it has a service principal, which Azure ML doesn't support", (mend,))


def _of_pools(cluster: ClusterId, found: ManagedCluster, wanted: Cluster) -> Iterator[Obstacle]:
    pools = [pool for pool in found.pools if pool.linux and pool.vm_size.lower() == wanted.vm_size.lower()]
    free = [pool for pool in pools if not _keeps_away(pool)]
    if not pools:
        has = ", ".join(f"{pool.name}: {pool.nodes} x {pool.vm_size}" for pool in found.pools) or "none"
        problem = f"it has no pool of Linux nodes of {wanted.vm_size} ({has}); set cluster.vm_size, or add one"
        yield Obstacle(problem, (az_commands.add_pool(cluster, wanted), *az_commands.install_device_plugin(cluster)))
    elif not free:
        for pool in pools:
            problem = f"its pool {pool.name} is tainted ({', '.join(pool.taints)}), which services don't tolerate"
            yield Obstacle(problem, (az_commands.untaint(cluster, pool.name),))
    elif (nodes := sum(pool.nodes for pool in free)) < wanted.nodes:
        problem = f"it has {nodes} of the {wanted.nodes} nodes of {wanted.vm_size} that cluster.nodes says"
        others = nodes - free[0].nodes
        yield Obstacle(problem, (az_commands.scale(cluster, free[0].name, wanted.nodes - others),))


def _notes(found: ManagedCluster, wanted: Cluster) -> Iterator[str]:
    others = [pool.name for pool in found.pools if pool.vm_size.lower() != wanted.vm_size.lower()]
    if others:
        names = ", ".join(others)
        yield f"The cluster has other pools too ({names}); Azure ML documents clusters of one size of node alone."
    nodes = sum(pool.nodes for pool in found.pools)
    if nodes > wanted.nodes and not others:
        yield f"The cluster has {nodes} nodes, cluster.nodes is {wanted.nodes}: the cost above is of these."
    version = re.match(r"(\d+)\.(\d+)", found.kubernetes)
    if version and (int(version[1]), int(version[2])) < OLDEST_KUBERNETES:
        oldest = ".".join(map(str, OLDEST_KUBERNETES))
        yield (
            f"The cluster's Kubernetes {found.kubernetes} is older than {oldest}; Azure ML attaches those that AKS "
            "supports, which `az aks get-versions` lists."
        )
    if found.authorized_ip_ranges:
        yield (
            "Only some addresses reach the cluster's API server: those of Azure ML must be among them, in the "
            "workspace's region and in the one that it is paired with."
        )


def _keeps_away(pool: NodePool) -> bool:
    """A taint of the effect PreferNoSchedule only puts nodes last."""
    return any(not taint.endswith(":PreferNoSchedule") for taint in pool.taints)
