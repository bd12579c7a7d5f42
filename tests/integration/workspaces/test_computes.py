"""Computes: made, changed, found whatever they are, and gone when they are deleted or detached."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from config.errors import WorkspaceError
from config.settings import Cluster, Compute
from workspaces.computes import AKS, AML_COMPUTE, ComputeState
from workspaces.errors import RequestError

if TYPE_CHECKING:
    from workspaces.workspace import Workspace

VM_SIZE = "Standard_NC4as_T4_v3"
IDENTITY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/Steps"
ELSEWHERE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/elsewhere"


@pytest.fixture
def wanted(name: str) -> Compute:
    return Compute(name=name, vm_size=VM_SIZE, min_nodes=0, max_nodes=2, idle_seconds=240)


@pytest.fixture
def cluster(name: str) -> Cluster:
    return Cluster(name=name, vm_size=VM_SIZE, nodes=3, purpose="FastProd")


def test_one_that_is_not_there_is_none(port: Workspace, name: str) -> None:
    assert port.computes.find(name) is None


def test_a_compute_is_what_was_asked_for(port: Workspace, wanted: Compute) -> None:
    port.computes.create_compute(wanted)
    assert port.computes.find(wanted.name) == ComputeState(
        wanted.name, AML_COMPUTE, "Succeeded", VM_SIZE, min_nodes=0, max_nodes=2, idle_seconds=240
    )


def test_a_compute_has_the_identity_that_it_was_made_with_or_given(port: Workspace, wanted: Compute) -> None:
    port.computes.create_compute(wanted.model_copy(update={"identity_id": IDENTITY}))
    assert identities(port, wanted) == (IDENTITY.lower(),)
    port.computes.give_identity(wanted.name, f"{IDENTITY}-2")
    assert f"{IDENTITY}-2".lower() in identities(port, wanted)


def identities(port: Workspace, wanted: Compute) -> tuple[str, ...]:
    found = port.computes.find(wanted.name)
    assert found is not None
    return found.identity_ids


def test_rescaling_changes_its_nodes_and_idle_seconds_alone(port: Workspace, wanted: Compute) -> None:
    port.computes.create_compute(wanted)
    other = Compute(name=wanted.name, vm_size="Standard_NC8as_T4_v3", min_nodes=1, max_nodes=4, idle_seconds=600)
    port.computes.rescale_compute(other)
    assert port.computes.find(wanted.name) == ComputeState(
        wanted.name, AML_COMPUTE, "Succeeded", VM_SIZE, min_nodes=1, max_nodes=4, idle_seconds=600
    )


def test_a_deleted_compute_is_gone_and_its_name_is_free(port: Workspace, wanted: Compute) -> None:
    port.computes.create_compute(wanted)
    port.computes.delete(wanted.name)
    assert port.computes.find(wanted.name) is None
    port.computes.create_compute(wanted)
    assert port.computes.find(wanted.name) is not None


def test_a_cluster_is_what_was_asked_for(port: Workspace, cluster: Cluster) -> None:
    port.computes.create_cluster(cluster)
    assert port.computes.find(cluster.name) == ComputeState(cluster.name, AKS, "Succeeded", VM_SIZE, nodes=3)


def test_a_detached_cluster_is_none_of_the_workspaces(port: Workspace, cluster: Cluster) -> None:
    port.computes.create_cluster(cluster)
    port.computes.detach(cluster.name)
    assert port.computes.find(cluster.name) is None


def test_a_cluster_is_deleted_as_any_compute(port: Workspace, cluster: Cluster) -> None:
    port.computes.create_cluster(cluster)
    port.computes.delete(cluster.name)
    assert port.computes.find(cluster.name) is None


def test_a_cluster_from_elsewhere_is_attached_and_detached(port: Workspace, cluster: Cluster) -> None:
    port.computes.attach_cluster(cluster.model_copy(update={"resource_id": ELSEWHERE}))
    found = port.computes.find(cluster.name)
    assert found is not None
    assert (found.kind, found.state) == (AKS, "Succeeded")
    port.computes.detach(cluster.name)
    assert port.computes.find(cluster.name) is None


def test_a_cluster_that_cannot_be_attached_is_an_error_and_none_is_there(port: Workspace, cluster: Cluster) -> None:
    other = ELSEWHERE.replace("managedClusters", "connectedClusters")
    with pytest.raises(RequestError):
        port.computes.attach_cluster(cluster.model_copy(update={"resource_id": other}))
    assert port.computes.find(cluster.name) is None


def test_a_name_that_is_taken_by_another_kind_is_an_error(port: Workspace, wanted: Compute, cluster: Cluster) -> None:
    port.computes.create_cluster(cluster)
    with pytest.raises(RequestError):
        port.computes.create_compute(wanted.model_copy(update={"name": cluster.name}))


def test_what_is_not_there_can_not_be_changed(port: Workspace, wanted: Compute) -> None:
    for change in (
        partial(port.computes.rescale_compute, wanted),
        partial(port.computes.give_identity, wanted.name, IDENTITY),
        partial(port.computes.detach, wanted.name),
        partial(port.computes.delete, wanted.name),
    ):
        with pytest.raises(WorkspaceError, match=wanted.name):
            change()
