"""Make sure that the two computes of a release exist: the one that runs the steps and the one that serves."""

from typing import TypeVar

from azureml.core import Workspace
from azureml.core.compute import AksCompute, AmlCompute, ComputeTarget

from config.errors import WorkspaceError
from config.settings import Cluster, Compute, Settings
from pipelines.computes import find_compute

Target = TypeVar("Target", bound=ComputeTarget)


def provision(workspace: Workspace, settings: Settings) -> dict[str, str]:
    """Create or attach what is missing, and return what was done to each compute, by name.

    Running it again changes nothing. Raises WorkspaceError when a compute of that name is something else.
    """
    return {
        settings.compute.name: ensure_compute(workspace, settings.compute),
        settings.cluster.name: ensure_cluster(workspace, settings.cluster),
    }


def ensure_compute(workspace: Workspace, wanted: Compute) -> str:
    found = _existing(workspace, wanted.name, AmlCompute)
    if found is not None:
        _check_vm_size(wanted.name, found.vm_size, wanted.vm_size)
        return _rescale(found, wanted)
    configuration = AmlCompute.provisioning_configuration(
        vm_size=wanted.vm_size,
        min_nodes=wanted.min_nodes,
        max_nodes=wanted.max_nodes,
        idle_seconds_before_scaledown=wanted.idle_seconds,
        # deploy_service signs in to ARM as this identity: the token of a run doesn't reach that far.
        identity_type="SystemAssigned",
    )
    ComputeTarget.create(workspace, wanted.name, configuration).wait_for_completion()
    return f"created, {wanted.vm_size}, {wanted.min_nodes} to {wanted.max_nodes} nodes"


def ensure_cluster(workspace: Workspace, wanted: Cluster) -> str:
    found = _existing(workspace, wanted.name, AksCompute)
    if found is not None:
        _check_vm_size(wanted.name, found.agent_vm_size, wanted.vm_size)
        return "already there"
    if wanted.resource_id:
        attachment = AksCompute.attach_configuration(resource_id=wanted.resource_id, cluster_purpose=wanted.purpose)
        ComputeTarget.attach(workspace, wanted.name, attachment).wait_for_completion()
        return f"attached {wanted.resource_id.rpartition('/')[2]}"
    configuration = AksCompute.provisioning_configuration(
        vm_size=wanted.vm_size, agent_count=wanted.nodes, cluster_purpose=wanted.purpose
    )
    ComputeTarget.create(workspace, wanted.name, configuration).wait_for_completion()
    return f"created, {wanted.nodes} x {wanted.vm_size}"


def _existing(workspace: Workspace, name: str, kind: type[Target]) -> Target | None:
    found = find_compute(workspace, name)
    if found is None or isinstance(found, kind):
        if found is not None and found.provisioning_state == "Failed":
            raise WorkspaceError(
                f"The compute {name} is there, but making it failed. Delete it in studio, then try again."
            )
        return found
    raise WorkspaceError(
        f"The compute {name} is a {found.type}, not {kind.__name__}. Choose another name in the settings."
    )


def _check_vm_size(name: str, found: str | None, wanted: str) -> None:
    if found and found.lower() != wanted.lower():
        raise WorkspaceError(
            f"The compute {name} has nodes of {found}, the settings say {wanted}. The size of a node can't be changed: "
            "choose another name in the settings, or delete the compute first."
        )


def _rescale(found: AmlCompute, wanted: Compute) -> str:
    scale = found.scale_settings
    now = (scale.minimum_node_count, scale.maximum_node_count)
    if now == (wanted.min_nodes, wanted.max_nodes):
        return "already there"
    found.update(
        min_nodes=wanted.min_nodes, max_nodes=wanted.max_nodes, idle_seconds_before_scaledown=wanted.idle_seconds
    )
    found.wait_for_completion()
    return f"rescaled to {wanted.min_nodes} to {wanted.max_nodes} nodes"
