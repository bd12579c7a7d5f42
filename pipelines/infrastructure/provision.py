"""Make sure that the two computes of a release exist: the one that runs the steps and the one that serves.

The first is made. The second is attached: Azure ML itself can make none any more, so that is done with the Azure CLI,
whose lines are said. https://learn.microsoft.com/azure/aks/upgrade-basic-load-balancer-on-aks
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from config.compute.vm_sizes import check_vm_size
from config.errors import AmlGpuError, ConfigError, WorkspaceError
from config.sections.workspace import PLACEHOLDER
from config.settings import Cluster, Compute, Settings
from pipelines import local
from pipelines.infrastructure import az_commands
from pipelines.infrastructure.attachable import as_error, notes, obstacles
from pipelines.infrastructure.costs import Cost, Costs, costs_of
from workspaces.computes import AML_COMPUTE, SERVING, ClusterId, ComputeState
from workspaces.workspace import Workspace

THERE = "already there"


@dataclass(frozen=True)
class Provision:
    """One compute, what has to be done to it, and what it then costs an hour."""

    kind: str
    name: str
    action: str
    cost: Cost
    make: Callable[[], None] | None
    """Does the action; None where there is nothing to do, or nothing that can be done."""
    refusal: AmlGpuError | None = None
    """What a person has to do first."""
    notes: tuple[str, ...] = ()
    """What to know of it, a sentence each."""


def plan_provision(workspace: Workspace, settings: Settings, costs: Costs) -> list[Provision]:
    """What has to be done to each of the two computes. Changes nothing.

    Raises WorkspaceError when a compute of that name is something else, or has nodes of another or a retired size.
    """
    compute = settings.compute
    compute_action, make_compute = _plan_compute(workspace, compute)
    steps = Provision("compute", compute.name, compute_action, costs.compute.hour, make_compute)
    if settings.cluster.managed:
        return [steps]
    return [steps, _plan_cluster(workspace, settings, costs.cluster.hour)]


def provision(workspace: Workspace, settings: Settings) -> None:
    """Create or attach what is missing, without a question; running it again changes nothing."""
    for step in plan_provision(workspace, settings, costs_of(settings)):
        if step.refusal:
            raise step.refusal
        if step.make:
            step.make()


def _plan_compute(workspace: Workspace, wanted: Compute) -> tuple[str, Callable[[], None] | None]:
    nodes = f"{wanted.min_nodes} to {wanted.max_nodes} nodes"
    found = _existing(workspace, wanted.name, AML_COMPUTE)
    if found is None:
        return f"create, {nodes} of {wanted.vm_size}", partial(workspace.computes.create_compute, wanted)
    check_nodes(wanted.name, found.vm_size, wanted.vm_size)
    before = f"{found.min_nodes} to {found.max_nodes} nodes"
    if before != nodes:
        return f"rescale from {before} to {nodes}", partial(workspace.computes.rescale_compute, wanted)
    if found.idle_seconds != wanted.idle_seconds:
        action = f"give idle nodes back after {wanted.idle_seconds} s"
        return action, partial(workspace.computes.rescale_compute, wanted)
    if wanted.identity_id and wanted.identity_id.lower() not in found.identity_ids:
        action = f"give it the identity {wanted.identity_id.rpartition('/')[2]}"
        return action, partial(workspace.computes.give_identity, wanted.name, wanted.identity_id)
    return THERE, None


def _plan_cluster(workspace: Workspace, settings: Settings, cost: Cost) -> Provision:
    wanted, cluster = settings.cluster, cluster_id(settings)
    plan = partial(Provision, "cluster", wanted.name)
    found = _existing(workspace, wanted.name, SERVING[settings.workspace.sdk])
    if found is not None:
        check_nodes(wanted.name, found.vm_size, wanted.vm_size)
        if not settings.workspace.local:
            _check_same(found, cluster)
        return plan(THERE, cost, None)
    if settings.workspace.local:
        action = f"attach {wanted.nodes} nodes of {wanted.vm_size}, which are made up"
        return plan(action, cost, partial(_attach_made_up, workspace, wanted, cluster))
    if cluster.subscription == PLACEHOLDER:
        return plan("name it first", cost, None, _not_named(wanted))
    managed = workspace.computes.find_managed_cluster(cluster)
    if found_obstacles := obstacles(cluster, managed, wanted):
        action = f"attach {cluster.name}, once it {'fits' if managed else 'is made'}"
        return plan(action, cost, None, as_error(cluster, found_obstacles))
    action = f"attach {cluster.name}, which bills already"
    attach = partial(_attach, workspace, wanted, cluster)
    return plan(action, cost, attach, notes=tuple(notes(managed, wanted)) if managed else ())


def cluster_id(settings: Settings) -> ClusterId:
    """The AKS cluster of the settings; in the local workspace, which reaches none elsewhere, one of the same name."""
    names = settings.workspace
    if settings.cluster.resource_id and not names.local:
        return ClusterId.of(settings.cluster.resource_id)
    return ClusterId(names.subscription_id, names.resource_group, settings.cluster.name)


def _attach_made_up(workspace: Workspace, wanted: Cluster, cluster: ClusterId) -> None:
    """What `az aks create` is in Azure, `amlgpu local cluster` is here."""
    local.emulator("cluster", cluster.name, "--vm-size", wanted.vm_size, "--nodes", str(wanted.nodes))
    if found := obstacles(cluster, workspace.computes.find_managed_cluster(cluster), wanted):
        raise as_error(cluster, found)
    _attach(workspace, wanted, cluster)


def _attach(workspace: Workspace, wanted: Cluster, cluster: ClusterId) -> None:
    """Never detached again by itself, whatever comes of it: that leaves things behind that only a person can delete."""
    try:
        workspace.computes.attach_cluster(wanted, cluster)
    except WorkspaceError as error:
        lines = "\n".join(f"  {line}" for line in az_commands.forget_attachment(cluster))
        raise WorkspaceError(
            f"{cluster.name} couldn't be attached: {error}\nIf it was attached before, and serves nothing else, delete "
            f"what that has left there, then try again:\n{lines}"
        ) from error


def _check_same(found: ComputeState, wanted: ClusterId) -> None:
    if found.resource_id and wanted.subscription != PLACEHOLDER and found.resource_id.lower() != str(wanted).lower():
        raise WorkspaceError(
            f"The compute {found.name} is the AKS cluster {found.resource_id}, cluster.resource_id says {wanted}. "
            "Write the first into the settings, or choose another cluster.name."
        )


def _not_named(wanted: Cluster) -> ConfigError:
    return ConfigError(
        f"cluster.resource_id={wanted.resource_id} is a placeholder: write the ARM id of your AKS cluster there "
        "(`az aks list --query '[].id'` prints it), or set AMLGPU_CLUSTER__RESOURCE_ID. If you have none, write the id "
        "that it is to have, with your subscription, its resource group and its name; then `amlgpu provision` says how "
        "to make it"
    )


def check_nodes(name: str, found: str | None, wanted: str) -> None:
    """WorkspaceError when the nodes are of a retired size, or not of the settings' size; None is a size not told."""
    if not found:
        return
    try:
        check_vm_size(found)
    except ValueError as error:
        raise WorkspaceError(
            f"The compute {name} has nodes of {found}: {error}. Give another name in the settings, or replace it."
        ) from None
    if found.lower() != wanted.lower():
        raise WorkspaceError(
            f"The compute {name} has nodes of {found}, the settings say {wanted}. The size of a node can't be changed: "
            "choose another name in the settings, or delete the compute first."
        )


def _existing(workspace: Workspace, name: str, kind: str) -> ComputeState | None:
    found = workspace.computes.find(name)
    if found is None or found.kind == kind:
        if found is not None and found.state == "Failed":
            raise WorkspaceError(
                f"The compute {name} is there, but making it failed. Delete it in studio, then try again."
            )
        return found
    key = "compute.name" if kind == AML_COMPUTE else "cluster.name"
    raise WorkspaceError(f"The compute {name} is of the kind {found.kind}, not {kind}: give another {key}.")
