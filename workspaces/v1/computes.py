"""Computes of SDK v1."""

from azureml.core import Workspace
from azureml.core.compute import AksCompute, AmlCompute, ComputeTarget
from azureml.exceptions import ComputeTargetException

from config.errors import WorkspaceError
from config.settings import Cluster, Compute
from workspaces.azure.arm import Arm
from workspaces.azure.errors import translates
from workspaces.azure.managed_clusters import find_managed_cluster
from workspaces.computes import ClusterId, ComputeState, ManagedCluster

UNCOUNTED = "localWorkspaceGpus"
"""Tag by which the local workspace says that it refuses no service for want of GPUs."""


@translates
class V1Computes:
    def __init__(self, workspace: Workspace, arm: Arm) -> None:
        self._workspace, self._arm = workspace, arm

    def find(self, name: str) -> ComputeState | None:
        found = self._find(name)
        return _state(found) if found else None

    def create_compute(self, wanted: Compute) -> None:
        configuration = AmlCompute.provisioning_configuration(
            vm_size=wanted.vm_size,
            min_nodes=wanted.min_nodes,
            max_nodes=wanted.max_nodes,
            idle_seconds_before_scaledown=wanted.idle_seconds,
            # Steps ask about services and the cluster as this identity: the token of a run doesn't reach that far.
            identity_type="UserAssigned" if wanted.identity_id else "SystemAssigned",
            identity_id=[wanted.identity_id] if wanted.identity_id else None,
        )
        ComputeTarget.create(self._workspace, wanted.name, configuration).wait_for_completion()

    def rescale_compute(self, wanted: Compute) -> None:
        found = self._get(wanted.name)
        found.update(
            min_nodes=wanted.min_nodes, max_nodes=wanted.max_nodes, idle_seconds_before_scaledown=wanted.idle_seconds
        )
        found.wait_for_completion()

    def give_identity(self, name: str, identity_id: str) -> None:
        self._get(name).add_identity("UserAssigned", [identity_id])

    def find_managed_cluster(self, cluster: ClusterId) -> ManagedCluster | None:
        return find_managed_cluster(self._arm, cluster)

    def attach_cluster(self, wanted: Cluster, cluster: ClusterId) -> None:
        configuration = AksCompute.attach_configuration(resource_id=str(cluster), cluster_purpose=wanted.purpose)
        ComputeTarget.attach(self._workspace, wanted.name, configuration).wait_for_completion()

    def detach(self, name: str) -> None:
        found = self._get(name)
        found.detach()
        found.wait_for_completion(is_delete_operation=True)

    def delete(self, name: str) -> None:
        found = self._get(name)
        found.delete()
        found.wait_for_completion(is_delete_operation=True)

    def _find(self, name: str) -> ComputeTarget | None:
        try:
            return ComputeTarget(self._workspace, name)
        except ComputeTargetException as error:
            if "ComputeTargetNotFound" in error.message:
                return None
            raise

    def _get(self, name: str) -> ComputeTarget:
        found = self._find(name)
        if found is None:
            raise WorkspaceError(f"there is no compute {name} any more")
        return found


def _state(found: ComputeTarget) -> ComputeState:
    scale = found.scale_settings if isinstance(found, AmlCompute) else None
    is_cluster = isinstance(found, AksCompute)
    tls = found.ssl_configuration if is_cluster else None
    return ComputeState(
        name=found.name,
        kind=found.type,
        state=found.provisioning_state,
        vm_size=found.agent_vm_size if is_cluster else getattr(found, "vm_size", None),
        nodes=found.agent_count if is_cluster else None,
        resource_id=found.cluster_resource_id if is_cluster else None,
        min_nodes=scale and scale.minimum_node_count,
        max_nodes=scale and scale.maximum_node_count,
        tls=tls is not None and tls.status != "Disabled",
        has_identity=not isinstance(found, AmlCompute) or found.identity_type not in (None, "None"),
        gpus_counted=(found.tags or {}).get(UNCOUNTED) != "not counted",
        idle_seconds=int(scale.idle_seconds_before_scaledown) if scale else None,
        identity_ids=tuple(sorted(one.lower() for one in getattr(found, "identity_id", None) or ())),
    )
