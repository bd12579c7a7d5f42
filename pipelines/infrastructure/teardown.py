"""Remove what releases put into a workspace, in the order in which nothing is left hanging.

Schedule and endpoint go first, so that nothing starts a run that would bring the service back; then the service, and
one that a killed run left staged beside it, which hold the cluster; then the cluster and the compute of the steps,
unless others use them. Registered models, runs and images stay. So does all of another SDK: its service may have the
same name.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from config.settings import Service, Settings
from pipelines.infrastructure import az_commands
from pipelines.live.moving import unlisted
from pipelines.triggers.schedule import disable, find_schedules
from steps.rollout.cluster import of_other_sdk_on
from steps.rollout.lease import turn_of_command
from workspaces.computes import SERVING, ClusterId, ComputeState
from workspaces.errors import RequestError
from workspaces.services import OtherService
from workspaces.workspace import Workspace

SERVICE, CLUSTER, COMPUTE = "service", "cluster", "compute"
SHARED = (CLUSTER, COMPUTE)
"""What services have in common."""


@dataclass(frozen=True)
class Removal:
    """One thing that is there and would go. ``remove`` does it."""

    kind: str
    name: str
    action: str
    remove: Callable[[], None]


@dataclass(frozen=True)
class Teardown:
    """What would go, in order, and a line on each thing that would go too if others didn't use it."""

    removals: tuple[Removal, ...]
    stays: tuple[str, ...]
    detached: ClusterId | None = None
    """The AKS cluster that would only be detached."""


def plan_teardown(workspace: Workspace, services: Sequence[Settings], others: Sequence[Settings] = ()) -> Teardown:
    """What is there to remove of ``services``, the settings of one or more on one target. Changes nothing.

    Cluster and compute stay while anybody else's service is on the cluster, or one of ``others``, settings of the same
    target, may be started: by its schedule or at its endpoint.
    """
    removals = [
        removal
        for of_kind in (_schedules, _endpoint, _services)
        for settings in services
        for removal in of_kind(workspace, settings)
    ]
    users, cluster = _users(workspace, services, others), _own_cluster(workspace, services[0])
    shared = [
        *((one, [*users, *_on(workspace, cluster)]) for one in _cluster(workspace, cluster)),
        *((one, [*users, *_released_by_other_sdk(workspace)]) for one in _compute(workspace, services[0])),
    ]
    going = [one for one, kept_for in shared if not kept_for]
    stays = tuple(f"{one.kind} {one.name}, for {', '.join(kept_for)}" for one, kept_for in shared if kept_for)
    detached = any(one.kind == CLUSTER for one in going) and cluster and cluster.resource_id
    return Teardown((*removals, *going), stays, ClusterId.of(detached) if detached else None)


def tear_down(
    workspace: Workspace, services: Sequence[Settings], plan: Teardown, done: Callable[[Removal], None]
) -> None:
    """Remove what ``plan``, made of ``services``, has; ``done`` is told of each thing that is gone.

    DeploymentError where a run works on one of them, also on what it has staged: then nothing is removed.
    """
    going = {one.name for one in plan.removals if one.kind == SERVICE}
    with ExitStack() as turns:
        leases = [
            turns.enter_context(turn_of_command(workspace, one.service.name, "teardown", _at_once(one)))
            for one in services
            if going.intersection(_own_services(workspace, one))
        ]
        _remove([one for one in plan.removals if one.kind not in SHARED], done)
        for lease in leases:
            lease.release(proven=True)  # with production gone, what was there before it is nothing to go back to
    _remove([one for one in plan.removals if one.kind in SHARED], done)


def _remove(removals: Sequence[Removal], done: Callable[[Removal], None]) -> None:
    for one in removals:
        one.remove()
        done(one)


def _at_once(settings: Settings) -> Service:
    return settings.service.model_copy(update={"lease_wait_seconds": 0})


def still_bills(settings: Settings, plan: Teardown) -> list[str]:
    """What goes on costing money after a teardown, and the command that ends it where there is one."""
    if settings.workspace.local:
        return []
    bills = [f"{one}, which stays" for one in plan.stays]
    if cluster := plan.detached:
        delete = az_commands.delete(cluster)
        bills.append(f"the AKS cluster {cluster.name}: it is only detached, its nodes run on. Delete it: {delete}")
    kept = "registered models, images and run records"
    return [*bills, f"the storage account and container registry of the workspace {settings.workspace.name} ({kept})"]


def to_attach_again(settings: Settings, plan: Teardown) -> list[str]:
    """Command lines that the cluster needs before anybody can attach it again; in the local workspace none."""
    if settings.workspace.local or plan.detached is None:
        return []
    return az_commands.forget_attachment(plan.detached)


def _services(workspace: Workspace, settings: Settings) -> Iterator[Removal]:
    for name in _own_services(workspace, settings):
        remove = partial(workspace.services.delete, name)
        yield Removal(SERVICE, name, "delete; its keys are lost", remove)


def _own_services(workspace: Workspace, settings: Settings) -> list[str]:
    name = settings.service.name
    live = [name] if workspace.services.find(name) else []
    staged = workspace.services.staged(name)
    return [*live, staged.keys_of] if staged and staged.keys_of != name else live


def _schedules(workspace: Workspace, settings: Settings) -> Iterator[Removal]:
    for schedule in find_schedules(workspace, settings):
        yield Removal("schedule", schedule.name, "disable", partial(disable, workspace, [schedule]))


def _endpoint(workspace: Workspace, settings: Settings) -> Iterator[Removal]:
    endpoint = workspace.pipelines.endpoint(settings.pipeline.endpoint)
    if endpoint is not None and endpoint.active:
        action = "disable; publishing again enables it"
        yield Removal("endpoint", endpoint.name, action, partial(workspace.pipelines.disable, endpoint.name))


def _own_cluster(workspace: Workspace, settings: Settings) -> ComputeState | None:
    """The cluster that services of the target run on; one of that name that another SDK serves on is none."""
    cluster = None if settings.cluster.managed else workspace.computes.find(settings.cluster.name)
    return cluster if cluster and cluster.kind == SERVING[settings.workspace.sdk] else None


def _cluster(workspace: Workspace, cluster: ComputeState | None) -> Iterator[Removal]:
    if cluster is not None:
        remove = partial(workspace.computes.detach, cluster.name)
        yield Removal(CLUSTER, cluster.name, "detach; the AKS cluster itself stays", remove)


def _on(workspace: Workspace, cluster: ComputeState | None) -> list[str]:
    """Services of another SDK that the cluster goes on serving, attached once more: its front end is one."""
    return _listed(workspace, lambda: of_other_sdk_on(workspace, cluster)) if cluster else []


def _released_by_other_sdk(workspace: Workspace) -> list[str]:
    """Services of another SDK that this project released, by steps that need a compute for the next release, too."""
    return _listed(workspace, lambda: [one for one in workspace.services.of_other_sdk() if "run_id" in one.tags])


def _listed(workspace: Workspace, services: Callable[[], list[OtherService]]) -> list[str]:
    """Where nobody may look, whatever there is: nothing that it may need goes."""
    try:
        return [str(one) for one in services()]
    except RequestError as error:
        return [unlisted(workspace, error)]


def _compute(workspace: Workspace, settings: Settings) -> Iterator[Removal]:
    compute = workspace.computes.find(settings.compute.name)
    if compute is not None:
        yield Removal(COMPUTE, compute.name, "delete", partial(workspace.computes.delete, compute.name))


def _users(workspace: Workspace, services: Sequence[Settings], others: Sequence[Settings]) -> list[str]:
    """Whom cluster and compute are kept for: services on the cluster, and others that may be released to it."""
    own = {name for settings in services for name in _own_services(workspace, settings)}
    served = workspace.services.on_cluster(services[0].cluster.name)
    starting = [other.service.name for other in others if _may_start(workspace, other, services[0])]
    return sorted({*served, *starting} - own)


def _may_start(workspace: Workspace, other: Settings, settings: Settings) -> bool:
    shared = (settings.compute.name, settings.cluster.name)
    if other.compute.name not in shared and other.cluster.name not in shared:
        return False
    return bool([*_schedules(workspace, other), *_endpoint(workspace, other)])
