"""Remove what a release put into a workspace, in the order in which nothing is left hanging.

Schedule and endpoint go first, so that nothing starts a run that would bring the service back; then the service, and
one that a killed run left staged beside it, which hold the cluster; then the cluster and the compute of the steps.
Registered models, runs and images stay.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from azureml.core import Webservice, Workspace
from azureml.core.compute import AksCompute, ComputeTarget
from azureml.core.webservice import AksWebservice

from config.errors import WorkspaceError
from config.settings import Settings
from pipelines.computes import find_compute
from pipelines.publish import find_endpoint
from pipelines.schedule import disable, find_schedules
from steps.rollout.lease import turn_of_command
from steps.rollout.service import find_service
from steps.rollout.staging import find_staged


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
    for service in _own_services(workspace, settings):
        remove = partial(_delete, workspace, service, settings)
        yield Removal("service", service.name, "delete; its keys are lost", remove)


def _own_services(workspace: Workspace, settings: Settings) -> list[AksWebservice]:
    name = settings.service.name
    return [service for service in (find_service(workspace, name), find_staged(workspace, name)) if service]


def _delete(workspace: Workspace, service: AksWebservice, settings: Settings) -> None:
    """Not under the hands of a run that releases, also not what it has staged.

    With production gone, what was there before it is nothing to go back to any more.
    """
    at_once = settings.service.model_copy(update={"lease_wait_seconds": 0})
    name = settings.service.name
    with turn_of_command(workspace, name, "teardown", at_once) as lease:
        service.delete()
        if service.name == name:
            lease.release(proven=True)


def _schedules(workspace: Workspace, settings: Settings) -> Iterator[Removal]:
    for schedule in find_schedules(workspace, settings):
        yield Removal("schedule", schedule.name, "disable", partial(disable, [schedule]))


def _endpoint(workspace: Workspace, settings: Settings) -> Iterator[Removal]:
    endpoint = find_endpoint(workspace, settings.pipeline.endpoint)
    if endpoint is not None and endpoint.status == "Active":
        yield Removal("endpoint", endpoint.name, "disable; `amlgpu publish` enables it again", endpoint.disable)


def _cluster(workspace: Workspace, settings: Settings) -> Iterator[Removal]:
    cluster = find_compute(workspace, settings.cluster.name)
    if cluster is None:
        return
    _check_unused(workspace, cluster, [one.name for one in _own_services(workspace, settings)])
    detach = settings.cluster.resource_id is not None
    action = "detach; the AKS cluster itself stays" if detach else "delete, with its nodes"
    remove = cluster.detach if detach else cluster.delete
    yield Removal("cluster", cluster.name, action, lambda: _gone(cluster, remove))


def _compute(workspace: Workspace, settings: Settings) -> Iterator[Removal]:
    compute = find_compute(workspace, settings.compute.name)
    if compute is not None:
        yield Removal("compute", compute.name, "delete", lambda: _gone(compute, compute.delete))


def _check_unused(workspace: Workspace, cluster: AksCompute, ours: Sequence[str]) -> None:
    services = Webservice.list(workspace, compute_type="AKS")
    others = [one.name for one in services if one.compute_name == cluster.name and one.name not in ours]
    if others:
        raise WorkspaceError(
            f"The cluster {cluster.name} also serves {', '.join(others)}, so nothing was removed. "
            "Delete these services first, or give another cluster with --set cluster.name=NAME."
        )


def _gone(target: ComputeTarget, remove: Callable[[], None]) -> None:
    remove()
    target.wait_for_completion(is_delete_operation=True)
