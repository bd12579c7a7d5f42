"""The cluster that is to serve: is it there, and has it room?"""

from collections.abc import Mapping
from functools import partial

from config.compute.capacity import Resources, Shortage, shortages, taken
from config.compute.vm_sizes import gpu_size
from config.errors import DeploymentError, WorkspaceError
from config.settings import Settings
from workspaces.computes import MANAGED, SERVING, SUCCEEDED, ComputeState
from workspaces.errors import RequestError
from workspaces.services import OtherService, ServiceState
from workspaces.workspace import Workspace


def find_cluster(workspace: Workspace, settings: Settings) -> ComputeState:
    """The cluster that is to serve; WorkspaceError when it isn't attached or isn't ready.

    Azure ML's own machines are always ready; whether there are enough of them is known when they are asked for.
    """
    name, wanted = settings.cluster.name, settings.cluster
    if wanted.managed:
        return ComputeState(MANAGED, MANAGED, SUCCEEDED, wanted.vm_size, wanted.nodes, tls=True, gpus_counted=False)
    cluster, kind = workspace.computes.find(name), SERVING[settings.workspace.sdk]
    if cluster is None or cluster.kind != kind:
        hint = f"run `amlgpu provision {settings.options}`"
        raise WorkspaceError(f"cluster.name={name}: no such {kind} cluster in {workspace.name}: {hint}")
    if cluster.state != SUCCEEDED:
        raise WorkspaceError(f"the {kind} cluster {name} is {cluster.state}, not ready to serve")
    return cluster


def held_by_others(workspace: Workspace, cluster: ComputeState, settings: Settings) -> dict[str, Resources]:
    """What the other services on the cluster hold, whichever SDK serves them; empty where it isn't counted."""
    if not cluster.gpus_counted:
        return {}
    own = settings.service.name
    staged = workspace.services.staged(own)
    names = set(workspace.services.on_cluster(cluster.name)) - {own, staged.keys_of if staged else own}
    states = {name: state for name in sorted(names) if (state := workspace.services.find(name))}
    others = {str(one): _held_by(one, settings) for one in _told_of_other_sdk_on(workspace, cluster)}
    return {name: _held(state, settings) for name, state in states.items()} | others


def of_other_sdk_on(workspace: Workspace, cluster: ComputeState) -> list[OtherService]:
    """Services of another SDK on the same AKS cluster, which may be attached to the workspace once for each SDK."""
    cluster_id = (cluster.resource_id or "").lower()
    return [one for one in workspace.services.of_other_sdk() if cluster_id and one.cluster_id == cluster_id]


def _told_of_other_sdk_on(workspace: Workspace, cluster: ComputeState) -> list[OtherService]:
    """None where nobody may look: to release by one SDK takes no right to see what the other serves."""
    try:
        return of_other_sdk_on(workspace, cluster)
    except RequestError as error:
        print(f"what another SDK serves on {cluster.name} isn't counted: {error}")
        return []


def check_room(cluster: ComputeState, others: Mapping[str, Resources], settings: Settings) -> list[str]:
    """What may be too scarce for every replica and those that an update starts; a sentence each.

    DeploymentError for what certainly is. ``others`` is what held_by_others() found. Azure ML checks none of it: the
    pods would wait, unschedulable, until the deployment fails.
    """
    # Azure ML may know neither of a cluster that was attached: the settings, checked by themselves, then describe it.
    vm_size, nodes = cluster.vm_size or settings.cluster.vm_size, cluster.nodes or settings.cluster.nodes
    size = gpu_size(vm_size)
    if size is None and settings.service.enable_gpu:
        raise DeploymentError(
            f"the cluster {cluster.name} has nodes of {vm_size}, which has no GPU, but enable_gpu is true: "
            "attach a cluster of GPU nodes, or set enable_gpu to false and service.gpu_cores to 0"
        )
    if size is None or not cluster.gpus_counted:
        return []
    as_it_is = settings.cluster.model_copy(update={"vm_size": vm_size, "nodes": nodes})
    scarce = partial(shortages, settings.service, as_it_is, size, list(others.values()), spare=settings.spare_replicas)
    for short in scarce(likely=False):
        said = _said(short, cluster.name, f"{nodes} x {vm_size}", others, settings)
        fewer = f"add nodes or lower {settings.service.replicas_key}"
        raise DeploymentError(f"the cluster {said}: {'choose larger nodes' if short.too_large else fewer}")
    return [
        f"The cluster {_said(short, cluster.name, f'{nodes} x {vm_size}', others, settings)}, after what AKS reserves "
        f"and what its own pods and azureml-fe ask for, as the settings of the cluster have it: replicas may stay "
        f"Unschedulable. {_mend(short)}"
        for short in scarce(likely=True)
    ]


def _held(state: ServiceState, settings: Settings) -> Resources:
    """Of a service that somebody may have deployed with Azure ML's defaults."""
    asked = Resources(state.gpu_cores or 0, state.cpu_cores or 0, state.memory_gb or 0)
    return taken(asked, state.autoscale_max_replicas or state.replicas or 1, settings.cluster)


def _held_by(service: OtherService, settings: Settings) -> Resources:
    held = Resources(0, 0, 0)
    for replicas in service.replicas:
        held = held.plus(taken(replicas.each, replicas.number, settings.cluster))
    return held


def _said(short: Shortage, name: str, nodes: str, others: Mapping[str, Resources], settings: Settings) -> str:
    amounts = {other: held[short.kind] for other, held in sorted(others.items()) if held[short.kind]}
    beside = ", ".join(f"{other} ({amount:g})" for other, amount in amounts.items())
    key, most = settings.service.replicas_key, settings.service.most_replicas
    spare = settings.spare_replicas
    return (
        f"{name} ({nodes}) has room for {short.fitting} replicas of {short.text}"
        f"{f', beside what others hold, {beside}' if beside else ''}; {most + spare} are needed "
        f"({key}={most} and {'one' if spare == 1 else spare} more during an update)"
    )


def _mend(short: Shortage) -> str:
    lower = f"Lower {short.key} to {short.most:g}, or choose" if short.most > 0 else "Choose"
    return f"{lower} a bigger cluster.vm_size."
