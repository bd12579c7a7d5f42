import pytest

from config.settings import Compute
from pipelines.infrastructure.doctor.roles import of_steps, of_storage, of_workspace, principal_of_steps
from workspaces.access import SYSTEM_ASSIGNED

OF_OWN = "11111111-2222-3333-4444-555555555555"
IDENTITY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/Steps"


@pytest.mark.parametrize(
    ("roles", "outcome"),
    [
        ({"Contributor"}, "ok"),
        ({"Owner", "Reader"}, "ok"),
        ({"AzureML Data Scientist"}, "warn"),
        ({OF_OWN}, "warn"),
        ({"Reader"}, "fail"),
        (set(), "fail"),
    ],
)
def test_steps_need_a_role_on_the_workspace(roles: set[str], outcome: str) -> None:
    found = of_steps("an-id", frozenset(roles), "/the/workspace")
    assert found.outcome == outcome
    whom = "--assignee-object-id an-id --assignee-principal-type ServicePrincipal"
    line = f"`az role assignment create {whom} --role Contributor --scope /the/workspace`"
    assert outcome == "ok" or line in found.mend


@pytest.mark.parametrize(
    ("roles", "outcome"),
    [({"Storage Blob Data Contributor"}, "ok"), ({"Storage Blob Data Owner"}, "ok"), ({"Contributor"}, "fail")],
)
def test_storage_without_keys_needs_a_role_of_its_own(roles: set[str], outcome: str) -> None:
    found = of_storage("an-id", frozenset(roles), "/the/storage")
    assert found.outcome == outcome
    assert outcome == "ok" or "--role 'Storage Blob Data Contributor' --scope /the/storage" in found.mend


def test_a_role_of_the_workspace_on_the_cluster_is_missed_but_no_failure() -> None:
    assert of_workspace("an-id", frozenset({"Contributor"}), "/the/cluster").outcome == "ok"
    found = of_workspace("an-id", frozenset({"Azure AI Administrator"}), "/the/cluster")
    assert (found.outcome, "--role Contributor --scope /the/cluster" in found.mend) == ("warn", True)


def test_the_identity_that_the_settings_name_is_the_one_that_counts() -> None:
    both = {SYSTEM_ASSIGNED: "own", IDENTITY.lower(): "named"}
    assert principal_of_steps(both, Compute(vm_size="Standard_NC4as_T4_v3", identity_id=IDENTITY)) == "named"
    assert principal_of_steps(both, Compute(vm_size="Standard_NC4as_T4_v3")) == "own"
    assert principal_of_steps({IDENTITY.lower(): "named"}, Compute(vm_size="Standard_NC4as_T4_v3")) == "named"
    assert principal_of_steps({}, Compute(vm_size="Standard_NC4as_T4_v3")) is None
