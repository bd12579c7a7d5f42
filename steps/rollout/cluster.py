"""The cluster that is to serve: is it there, and has it room?"""

from collections.abc import Mapping

from config.errors import DeploymentError, WorkspaceError
from config.settings import Settings
from config.vm_sizes import gpu_size
from steps.rollout.staging import staged_name
from workspaces.computes import AKS, ComputeState
from workspaces.workspace import Workspace


def find_cluster(workspace: Workspace, settings: Settings) -> ComputeState:
    """The AKS cluster that is to serve; WorkspaceError when it isn't attached or isn't ready."""
    name = settings.cluster.name
    cluster = workspace.computes.find(name)
    if cluster is None or cluster.kind != AKS:
        hint = f"run `amlgpu provision {settings.options}`"
        raise WorkspaceError(f"cluster.name={name}: no such AKS cluster in {workspace.name}: {hint}")
    if cluster.state != "Succeeded":
        raise WorkspaceError(f"the AKS cluster {name} is {cluster.state}, not ready to serve")
    return cluster


def gpus_of_others(workspace: Workspace, cluster: ComputeState, service_name: str) -> dict[str, int]:
    """GPUs that the other services on the cluster hold, by their names; empty where they aren't counted."""
    if not cluster.gpus_counted:
        return {}
    own = (service_name, staged_name(service_name))
    names = [name for name in workspace.services.on_cluster(cluster.name) if name not in own]
    states = {name: state for name in names if (state := workspace.services.find(name))}
    held = {
        name: (state.gpu_cores or 0) * (state.autoscale_max_replicas or state.replicas or 1)
        for name, state in states.items()
    }
    return {name: gpus for name, gpus in held.items() if gpus}


def check_room(cluster: ComputeState, others: Mapping[str, int], settings: Settings) -> None:
    """DeploymentError unless the nodes have GPUs for every replica and for the one more that an update starts.

    ``others`` is what gpus_of_others() found. Azure ML checks neither: the pods would wait, unschedulable, until the
    deployment fails.
    """
    service = settings.service
    if not service.enable_gpu:
        return
    # Azure ML may know neither of a cluster that was attached: the settings, checked by themselves, then describe it.
    vm_size, nodes = cluster.vm_size or settings.cluster.vm_size, cluster.nodes or settings.cluster.nodes
    size = gpu_size(vm_size)
    if size is None:
        raise DeploymentError(
            f"the cluster {cluster.name} has nodes of {vm_size}, which has no GPU, but enable_gpu is true: "
            "attach a cluster of GPU nodes, or set enable_gpu to false and service.gpu_cores to 0"
        )
    free = size.gpus * nodes - sum(others.values())
    room, needed = min(size.gpus // service.gpu_cores * nodes, free // service.gpu_cores), service.most_replicas + 1
    if cluster.gpus_counted and room < needed:
        key = "autoscale_max_replicas" if service.autoscale_max_replicas else "replicas"
        beside = ", ".join(f"{name} ({gpus})" for name, gpus in sorted(others.items()))
        raise DeploymentError(
            f"the cluster {cluster.name} ({nodes} x {vm_size}) has room for {max(room, 0)} replicas of "
            f"{service.gpu_cores} GPU{f' beside what others hold, {beside}' if beside else ''}; {needed} are needed "
            f"(service.{key}={service.most_replicas} and one more during an update): add nodes or lower service.{key}"
        )
