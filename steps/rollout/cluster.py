"""The cluster that is to serve: is it there, and has it room?"""

from config.errors import DeploymentError, WorkspaceError
from config.settings import Settings
from config.vm_sizes import gpu_size
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


def check_room(vm_size: str | None, nodes: int | None, settings: Settings) -> None:
    """DeploymentError unless the nodes have GPUs for every replica and for the one more that an update starts.

    Azure ML checks neither: the pods would wait, unschedulable, until the deployment fails.
    """
    service = settings.service
    if not service.enable_gpu:
        return
    # Azure ML may know neither of a cluster that was attached: the settings, checked by themselves, then describe it.
    vm_size, nodes = vm_size or settings.cluster.vm_size, nodes or settings.cluster.nodes
    size = gpu_size(vm_size)
    if size is None:
        raise DeploymentError(
            f"the cluster {settings.cluster.name} has nodes of {vm_size}, which has no GPU, but enable_gpu is true: "
            "attach a cluster of GPU nodes, or set enable_gpu to false and service.gpu_cores to 0"
        )
    room, needed = size.gpus // service.gpu_cores * nodes, service.replicas + 1
    if room < needed:
        raise DeploymentError(
            f"the cluster {settings.cluster.name} ({nodes} x {vm_size}) has room for {room} replicas of "
            f"{service.gpu_cores} GPU, {needed} are needed (service.replicas={service.replicas} and one more during "
            "an update): add nodes or lower service.replicas"
        )
