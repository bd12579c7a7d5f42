"""GPUs of clusters, what services want of them, and what is said of those of this machine.

A cluster's GPUs are made up. With `enforce_capacity` replicas wait for them in vain, as on Azure (services/scheduling);
without it a service is refused where the cluster's nodes have none at all, and its log says what Azure wouldn't run.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from azureml_emulator.azure.computes.sizes import gpus_per_node
from azureml_emulator.state.gpus import Lease, listed
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document


def nodes_that_serve(cluster: Document) -> tuple[str, int]:
    """Size and number of a cluster's nodes for services; no size where nothing is known of them.

    v1's AKS tells them. v2's Kubernetes has no key for them: what was found at the cluster that it is, is kept beside.
    """
    details, pool = cluster["properties"]["properties"], cluster.get("_pool") or {}
    size, count = details.get("agentVmSize") or pool.get("vmSize"), details.get("agentCount") or pool.get("count")
    return size or "", int(count or 0)


def cluster_gpus(cluster: Document) -> int:
    size, count = nodes_that_serve(cluster)
    return gpus_per_node(size) * count


def is_elsewhere(cluster: Document) -> bool:
    """Whether it was attached by its name only: it is elsewhere, and nothing is known of its nodes."""
    return bool(cluster["properties"]["isAttachedCompute"]) and not nodes_that_serve(cluster)[0]


def gpus_in_use(store: Store, cluster: str, *, except_service: str) -> int:
    services = [service for service in store.all("service") if service["computeName"] == cluster]
    return sum(gpus_wanted(service) for service in services if service["name"] != except_service)


def gpus_of_replica(service: Document) -> int:
    return int((service.get("containerResourceRequirements") or {}).get("gpu") or 0)


def gpus_wanted(service: Document) -> int:
    return gpus_of_replica(service) * int(service.get("numReplicas") or 1)


def affordable_replicas(workspace: LocalWorkspace, service: Document) -> int:
    """How many replicas of the service this machine has GPUs for, beside the other services."""
    each = gpus_of_replica(service)
    return workspace.gpus.affordable_replicas(service["name"], each) if each else sys.maxsize


def gpu_refusal(workspace: LocalWorkspace, service: Document) -> str | None:
    """Why the service isn't taken, in Kubernetes' words; None when it is.

    Nobody has to wait for GPUs that no node of this size has. Where capacity is counted, one waits, as on Azure.
    """
    cluster = workspace.store.find("compute", service.get("computeName") or "")
    if workspace.enforce_capacity or cluster is None or is_elsewhere(cluster) or cluster_gpus(cluster):
        return None
    return _shortage(workspace.store, service, cluster)


def gpu_note(workspace: LocalWorkspace, service: Document, one: Lease | None = None) -> str:
    """Said wherever GPUs were asked for: which its replicas, or one, have, and what this machine or the cluster lacks.

    Lines, or nothing.
    """
    gpus = gpus_of_replica(service)
    if not gpus:
        return ""
    leases = [one] if one else workspace.gpus.leases(service["name"])
    lines = [_said(workspace, lease) for lease in leases if lease.gpus]
    if not workspace.gpus.machine:
        lines = [f"{gpus} GPU(s) asked for each replica; this machine has none: CPU only"]
    cluster = workspace.store.find("compute", service["computeName"])
    if cluster and is_elsewhere(cluster):
        lines.append(f"cluster '{cluster['name']}' is attached by its name only: its GPUs are not counted")
    elif cluster and not workspace.enforce_capacity and (missing := _shortage(workspace.store, service, cluster)):
        lines.append(f"{missing}; on Azure it would be Unschedulable, here only with --enforce-capacity")
    return "".join(f"[local workspace] {line}\n" for line in lines)


@contextmanager
def gpus_of_run(workspace: LocalWorkspace, run: str, target: str) -> Iterator[Lease | None]:
    """The GPUs that a run on a compute target has meanwhile; None on a size without any."""
    count = gpus_per_node(_vm_size(workspace, target))
    lease = workspace.gpus.for_run(run, count) if count else None
    try:
        yield lease
    finally:
        if lease:
            lease.end()


def run_note(workspace: LocalWorkspace, target: str, lease: Lease | None) -> str:
    """What the run's log says of its GPUs: a line, or nothing."""
    if lease is None:
        return ""
    vm_size = _vm_size(workspace, target)
    line = f"compute '{target}' is a GPU size ({vm_size}); this machine has no GPU: CPU only"
    if lease.gpus:
        count = gpus_per_node(vm_size)
        fewer = f", instead of the {count} of {vm_size}" if len(lease.gpus) < count else ""
        line = _said(workspace, lease) + fewer
    return f"[local workspace] {line}\n"


def _vm_size(workspace: LocalWorkspace, target: str) -> str:
    compute = workspace.store.find("compute", target)
    return (compute or {}).get("properties", {}).get("properties", {}).get("vmSize") or ""


def _said(workspace: LocalWorkspace, lease: Lease) -> str:
    others = workspace.gpus.others(lease)
    shared = f", shared with {', '.join(others)}" if others else ""
    return f"{lease.holder} has {listed(lease.gpus)}{shared}"


def _shortage(store: Store, service: Document, cluster: Document) -> str | None:
    wanted, name = gpus_wanted(service), cluster["name"]
    free = cluster_gpus(cluster) - gpus_in_use(store, name, except_service=str(service.get("name")))
    if wanted <= max(free, 0):
        return None
    size, _ = nodes_that_serve(cluster)
    return f"Insufficient nvidia.com/gpu: {wanted} asked for, cluster '{name}' of {size} has {max(free, 0)} free"
