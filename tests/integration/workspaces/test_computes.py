"""Computes: made, changed, found whatever they are, and gone when they are deleted or detached."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from config.errors import WorkspaceError
from config.settings import Cluster, Compute
from workspaces.computes import AKS, AML_COMPUTE, KUBERNETES, SERVING, ClusterId, ComputeState, ManagedCluster, NodePool
from workspaces.errors import RequestError

if TYPE_CHECKING:
    from tests.integration.workspaces.local import LocalWorkspace
    from workspaces.workspace import Workspace

VM_SIZE = "Standard_NC4as_T4_v3"
IDENTITY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/Steps"
ELSEWHERE = ClusterId("s", "g", "elsewhere")


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


def test_an_attached_cluster_has_the_nodes_that_it_has(
    local: LocalWorkspace, port: Workspace, name: str, cluster: Cluster
) -> None:
    elsewhere = local.make_cluster(name, nodes=4)
    port.computes.attach_cluster(cluster, elsewhere)
    found = port.computes.find(cluster.name)
    assert found is not None
    assert found.kind in SERVING.values()
    expected = ComputeState(cluster.name, AKS, "Succeeded", VM_SIZE, nodes=4, resource_id=str(elsewhere))
    if found.kind == KUBERNETES:  # of which Azure ML doesn't tell the nodes
        expected = replace(expected, kind=KUBERNETES, vm_size=None, nodes=None)
    assert found == expected


def test_a_cluster_is_detached_and_can_be_attached_again(
    local: LocalWorkspace, port: Workspace, name: str, cluster: Cluster
) -> None:
    elsewhere = local.make_cluster(name)
    port.computes.attach_cluster(cluster, elsewhere)
    port.computes.detach(cluster.name)
    assert port.computes.find(cluster.name) is None
    assert port.computes.find_managed_cluster(elsewhere) is not None
    port.computes.attach_cluster(cluster, elsewhere)
    port.computes.delete(cluster.name)
    assert port.computes.find(cluster.name) is None


def test_what_azure_resource_manager_tells_of_a_cluster(local: LocalWorkspace, port: Workspace, name: str) -> None:
    """Whether it is attached or not."""
    options: dict[str, object] = {
        "kubernetesVersion": "1.33.2",
        "disableLocalAccounts": True,
        "apiServerAccessProfile": {"authorizedIPRanges": ["203.0.113.0/24"]},
    }
    found = port.computes.find_managed_cluster(local.make_cluster(name, 2, ["sku=gpu:NoSchedule"], **options))
    assert found == ManagedCluster(
        state="Succeeded",
        running=True,
        kubernetes="1.33.2",
        load_balancer="standard",
        local_accounts=False,
        managed_identity=True,
        pools=(NodePool("gpu", VM_SIZE, 2, taints=("sku=gpu:NoSchedule",)),),
        authorized_ip_ranges=("203.0.113.0/24",),
    )


def test_a_cluster_that_is_not_there_is_none(local: LocalWorkspace, port: Workspace, name: str) -> None:
    missing = local.make_cluster(f"{name}-other")._replace(name=name)
    assert port.computes.find_managed_cluster(missing) is None
    assert port.computes.find_managed_cluster(ELSEWHERE) is None


def test_a_name_that_is_taken_by_another_kind_is_an_error(port: Workspace, wanted: Compute, cluster: Cluster) -> None:
    port.computes.attach_cluster(cluster, ELSEWHERE)
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
