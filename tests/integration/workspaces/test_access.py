"""Who has which role on what, and quotas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from config.settings import Compute
from workspaces.access import SYSTEM_ASSIGNED
from workspaces.errors import RequestError

if TYPE_CHECKING:
    from tests.integration.workspaces.local import LocalWorkspace
    from workspaces.workspace import Workspace

VM_SIZE = "Standard_NC4as_T4_v3"
IDENTITY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/Steps"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
OF_OWN = "11111111-2222-3333-4444-555555555555"


def test_a_workspace_tells_what_it_consists_of(port: Workspace) -> None:
    found = port.access.resources()
    assert found.workspace.endswith(f"/workspaces/{port.name}")
    assert "/storageAccounts/" in found.storage
    assert found.region
    assert found.principal


def test_identities_of_a_compute_are_told_by_their_principals(port: Workspace, name: str) -> None:
    wanted = Compute(name=name, vm_size=VM_SIZE)
    port.computes.create_compute(wanted)
    assert port.access.principals(name).keys() == {SYSTEM_ASSIGNED}
    port.computes.give_identity(name, IDENTITY)
    assert IDENTITY.lower() in port.access.principals(name)
    with pytest.raises(RequestError):
        port.access.principals(f"{name}-other")


def test_roles_are_told_by_name_from_above_too_and_not_from_below(
    local: LocalWorkspace, port: Workspace, name: str
) -> None:
    workspace = port.access.resources().workspace
    group = workspace.partition("/providers/")[0]
    assert port.access.roles(name, workspace) == frozenset()
    local.give_role(name, CONTRIBUTOR, group)
    local.give_role(name, OF_OWN, workspace)
    assert port.access.roles(name, workspace) == {"Contributor", OF_OWN}
    assert port.access.roles(name, group) == {"Contributor"}


def test_quotas_count_nodes_that_are_up(local: LocalWorkspace, port: Workspace, name: str) -> None:
    def used() -> tuple[int, int]:
        steps = next(one for one in port.access.compute_usages("local") if "NCASv3_T4" in one.name)
        machines = next(one for one in port.access.machine_usages("local") if "NCASv3_T4" in one.name)
        assert steps.limit > 0 < machines.limit
        return steps.used, machines.used

    steps, machines = used()
    port.computes.create_compute(Compute(name=name, vm_size=VM_SIZE, min_nodes=1))
    local.make_cluster(name, nodes=2)
    assert used() == (steps + 4, machines + 8)
    port.computes.delete(name)
