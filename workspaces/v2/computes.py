"""Computes of SDK v2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azure.ai.ml.entities import (
    AmlCompute,
    Compute,
    IdentityConfiguration,
    KubernetesCompute,
    ManagedIdentityConfiguration,
)
from azure.core.exceptions import ResourceNotFoundError

from config.errors import WorkspaceError
from config.settings import Cluster
from config.settings import Compute as WantedCompute
from workspaces.azure.arm import understanding
from workspaces.azure.errors import translates
from workspaces.azure.managed_clusters import find_managed_cluster
from workspaces.computes import AML_COMPUTE, ClusterId, ComputeState, ManagedCluster
from workspaces.v2.connection import Connection, part
from workspaces.v2.durations import milliseconds

UNCOUNTED = "localWorkspaceGpus"
"""Tag by which the local workspace says that it refuses no service for want of GPUs."""


@translates
class V2Computes:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, name: str) -> ComputeState | None:
        what = f"Reading the compute {name}"
        try:
            with understanding(what):
                return _state(self._connection.read(f"computes/{part(name)}", what))
        except ResourceNotFoundError:
            return None

    def create_compute(self, wanted: WantedCompute) -> None:
        self._operations.begin_create_or_update(
            AmlCompute(
                name=wanted.name,
                size=wanted.vm_size,
                min_instances=wanted.min_nodes,
                max_instances=wanted.max_nodes,
                idle_time_before_scale_down=wanted.idle_seconds,
                # Steps sign in as this identity.
                identity=_identity(wanted.identity_id),
            )
        ).result()

    def rescale_compute(self, wanted: WantedCompute) -> None:
        found = self._get(wanted.name)
        found.min_instances, found.max_instances = wanted.min_nodes, wanted.max_nodes
        found.idle_time_before_scale_down = wanted.idle_seconds
        self._operations.begin_update(found).result()

    def give_identity(self, name: str, identity_id: str) -> None:
        found = self._get(name)
        found.identity = _identity(identity_id)
        self._operations.begin_update(found).result()

    def find_managed_cluster(self, cluster: ClusterId) -> ManagedCluster | None:
        return find_managed_cluster(self._connection.arm, cluster)

    def attach_cluster(self, wanted: Cluster, cluster: ClusterId) -> None:
        compute = KubernetesCompute(name=wanted.name, resource_id=str(cluster))
        self._operations.begin_create_or_update(compute).result()

    def detach(self, name: str) -> None:
        self._get(name)
        self._operations.begin_delete(name, action="Detach").result()

    def delete(self, name: str) -> None:
        self._get(name)
        self._operations.begin_delete(name, action="Delete").result()

    @property
    def _operations(self) -> Any:
        return self._connection.ml.compute

    def _get(self, name: str) -> Any:
        try:
            found: Compute = self._operations.get(name)
        except ResourceNotFoundError:
            raise WorkspaceError(f"there is no compute {name} any more") from None
        return found


def _identity(identity_id: str | None) -> IdentityConfiguration:
    if identity_id is None:
        return IdentityConfiguration(type="system_assigned")
    own = ManagedIdentityConfiguration(resource_id=identity_id)
    return IdentityConfiguration(type="user_assigned", user_assigned_identities=[own])


def _state(document: Mapping[str, Any]) -> ComputeState:
    properties = document["properties"]
    inner, identity = properties.get("properties") or {}, document.get("identity") or {}
    kind, scale = properties["computeType"], inner.get("scaleSettings") or {}
    tls = (inner.get("sslConfiguration") or {}).get("status", "Disabled")
    return ComputeState(
        name=document["name"],
        kind=kind,
        state=properties["provisioningState"],
        vm_size=inner.get("vmSize") or inner.get("agentVmSize"),
        nodes=inner.get("agentCount"),
        min_nodes=scale.get("minNodeCount"),
        max_nodes=scale.get("maxNodeCount"),
        resource_id=properties.get("resourceId"),
        idle_seconds=_seconds(scale.get("nodeIdleTimeBeforeScaleDown")),
        tls=tls != "Disabled",
        identity_ids=tuple(sorted(one.lower() for one in identity.get("userAssignedIdentities") or {})),
        has_identity=kind != AML_COMPUTE or identity.get("type") not in (None, "None"),
        gpus_counted=(document.get("tags") or {}).get(UNCOUNTED) != "not counted",
    )


def _seconds(duration: str | None) -> int | None:
    found = milliseconds(duration)
    return None if found is None else found // 1000
