"""Remove what a release put into a workspace, in the order in which nothing is left hanging.

Schedule and endpoint go first, so that nothing starts a run that would bring the service back; then the service, and
one that a killed run left staged beside it, which hold the cluster; then the cluster and the compute of the steps.
Registered models, runs and images stay.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from config.errors import WorkspaceError
from config.settings import Settings
from pipelines.schedule import disable, find_schedules
from steps.rollout.lease import turn_of_command
from steps.rollout.staging import is_staged, staged_name
from workspaces.computes import ComputeState
from workspaces.workspace import Workspace


@dataclass(frozen=True)
class Removal:
    """One thing that is there and would go. ``remove`` does it."""

    kind: str
    name: str
    action: str
    remove: Callable[[], None]


def plan_teardown(workspace: Workspace, settings: Settings) -> list[Removal]:
    """What is there to remove, in order; empty when nothing is. Changes nothing.

    Raises WorkspaceError when a service of somebody else runs on the cluster.
    """
    return [
        *_schedules(workspace, settings),
        *_endpoint(workspace, settings),
        *_services(workspace, settings),
        *_cluster(workspace, settings),
        *_compute(workspace, settings),
    ]


def still_bills(settings: Settings) -> list[str]:
    """What goes on costing money after a teardown, and the command that ends it where there is one."""
    if settings.target == "local":
        return []
    kept = "registered models, images and run records"
    bills = [f"the storage account and container registry of the workspace {settings.workspace.name} ({kept})"]
    if cluster := settings.cluster.resource_id:
        name = cluster.rpartition("/")[2]
        bills.insert(
            0, f"the AKS cluster {name}: it is only detached, its nodes run on. Delete it: {delete_command(cluster)}"
        )
    return bills


def delete_command(cluster: str) -> str:
    """The command that deletes the AKS cluster of this ARM id; `az aks delete` itself takes no ids."""
    parts = cluster.strip("/").split("/")
    values = dict(zip(map(str.lower, parts[::2]), parts[1::2], strict=True))
    subscription, group, name = (values[key] for key in ("subscriptions", "resourcegroups", "managedclusters"))
    return f"az aks delete --subscription {subscription} --resource-group {group} --name {name}"


def _services(workspace: Workspace, settings: Settings) -> Iterator[Removal]:
    for name in _own_services(workspace, settings):
        remove = partial(_delete, workspace, name, settings)
        yield Removal("service", name, "delete; its keys are lost", remove)


def _own_services(workspace: Workspace, settings: Settings) -> list[str]:
    name = settings.service.name
    live = [name] if workspace.services.find(name) else []
    return [*live, staged_name(name)] if is_staged(workspace, name) else live


def _delete(workspace: Workspace, service: str, settings: Settings) -> None:
    """Not under the hands of a run that releases, also not what it has staged.

    With production gone, what was there before it is nothing to go back to any more.
    """
    at_once = settings.service.model_copy(update={"lease_wait_seconds": 0})
    name = settings.service.name
    with turn_of_command(workspace, name, "teardown", at_once) as lease:
        workspace.services.delete(service)
        if service == name:
            lease.release(proven=True)


def _schedules(workspace: Workspace, settings: Settings) -> Iterator[Removal]:
    for schedule in find_schedules(workspace, settings):
        yield Removal("schedule", schedule.name, "disable", partial(disable, workspace, [schedule]))


def _endpoint(workspace: Workspace, settings: Settings) -> Iterator[Removal]:
    endpoint = workspace.pipelines.endpoint(settings.pipeline.endpoint)
    if endpoint is not None and endpoint.active:
        action = "disable; `amlgpu publish` enables it again"
        yield Removal("endpoint", endpoint.name, action, partial(workspace.pipelines.disable, endpoint.name))


def _cluster(workspace: Workspace, settings: Settings) -> Iterator[Removal]:
    cluster = workspace.computes.find(settings.cluster.name)
    if cluster is None:
        return
    _check_unused(workspace, cluster, _own_services(workspace, settings))
    detach = settings.cluster.resource_id is not None
    action = "detach; the AKS cluster itself stays" if detach else "delete, with its nodes"
    remove = workspace.computes.detach if detach else workspace.computes.delete
    yield Removal("cluster", cluster.name, action, partial(remove, cluster.name))


def _compute(workspace: Workspace, settings: Settings) -> Iterator[Removal]:
    compute = workspace.computes.find(settings.compute.name)
    if compute is not None:
        yield Removal("compute", compute.name, "delete", partial(workspace.computes.delete, compute.name))


def _check_unused(workspace: Workspace, cluster: ComputeState, ours: Sequence[str]) -> None:
    others = [name for name in workspace.services.on_cluster(cluster.name) if name not in ours]
    if others:
        raise WorkspaceError(
            f"The cluster {cluster.name} also serves {', '.join(others)}, so nothing was removed. "
            "Delete these services first, or give another cluster with --set cluster.name=NAME."
        )
