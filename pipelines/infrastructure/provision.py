"""Make sure that the two computes of a release exist: the one that runs the steps and the one that serves."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from config.errors import WorkspaceError
from config.settings import Cluster, Compute, Settings
from config.vm_sizes import check_vm_size
from pipelines.infrastructure.costs import Cost, Costs, costs_of
from workspaces.computes import AKS, AML_COMPUTE, ComputeState
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
    """Does the action; None where there is nothing to do."""


def plan_provision(workspace: Workspace, settings: Settings, costs: Costs) -> list[Provision]:
    """What has to be done to each of the two computes. Changes nothing.

    Raises WorkspaceError when a compute of that name is something else, or has nodes of another or a retired size.
    """
    compute, cluster = settings.compute, settings.cluster
    compute_action, make_compute = _plan_compute(workspace, compute)
    cluster_action, make_cluster = _plan_cluster(workspace, cluster)
    return [
        Provision("compute", compute.name, compute_action, costs.compute.hour, make_compute),
        Provision("cluster", cluster.name, cluster_action, costs.cluster.hour, make_cluster),
    ]


def provision(workspace: Workspace, settings: Settings) -> None:
    """Create or attach what is missing, without a question; running it again changes nothing."""
    for step in plan_provision(workspace, settings, costs_of(settings)):
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


def _plan_cluster(workspace: Workspace, wanted: Cluster) -> tuple[str, Callable[[], None] | None]:
    found = _existing(workspace, wanted.name, AKS)
    if found is not None:
        check_nodes(wanted.name, found.vm_size, wanted.vm_size)
        return THERE, None
    if wanted.resource_id:
        action = f"attach {wanted.resource_id.rpartition('/')[2]}, which bills already"
        return action, partial(_attach_cluster, workspace, wanted)
    action = f"create, {wanted.nodes} nodes of {wanted.vm_size}"
    return action, partial(workspace.computes.create_cluster, wanted)


def _attach_cluster(workspace: Workspace, wanted: Cluster) -> None:
    """Attach it, and detach it again where Azure ML then says that its nodes aren't those of the settings."""
    workspace.computes.attach_cluster(wanted)
    attached = workspace.computes.find(wanted.name)
    try:
        check_nodes(wanted.name, attached.vm_size if attached else None, wanted.vm_size)
    except WorkspaceError:
        workspace.computes.detach(wanted.name)
        raise


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
    raise WorkspaceError(f"The compute {name} is a {found.kind}, not {kind}. Choose another name in the settings.")
