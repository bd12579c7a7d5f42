from dataclasses import replace

import pytest

from config.settings import Settings, load_settings
from pipelines.infrastructure.doctor.computes import of_attachment, of_cluster, of_compute, of_placeholder
from workspaces.computes import AKS, AML_COMPUTE, ClusterId, ComputeState, ManagedCluster, NodePool

T4 = "Standard_NC4as_T4_v3"
CLUSTER = ClusterId("s", "g", "gpus")
MANAGED = ManagedCluster("Succeeded", True, "1.35.1", "standard", True, True, (NodePool("gpu", T4, 3),))
COMPUTE = ComputeState("gpu-compute", AML_COMPUTE, "Succeeded", T4, min_nodes=0, max_nodes=1, idle_seconds=300)
ATTACHED = ComputeState("gpu-aks", AKS, "Succeeded", T4, nodes=3, resource_id=str(CLUSTER).upper(), tls=True)
IDENTITY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/Steps"
LOCAL = load_settings("local", environ={})


@pytest.fixture
def settings() -> Settings:
    return load_settings("prod", {"cluster.resource_id": str(CLUSTER)}, environ={})


def test_all_as_it_must_be_is_ok(settings: Settings) -> None:
    found = (
        of_compute(COMPUTE, settings),
        of_cluster(CLUSTER, MANAGED, None, settings),
        of_attachment(ATTACHED, CLUSTER, settings),
    )
    assert [(one.outcome, one.mend) for one in found] == [("ok", "")] * 3


def test_what_is_missing_is_made_by_a_command_in_azure_and_by_a_run_here(settings: Settings) -> None:
    for found, here in (
        (of_compute(None, settings), of_compute(None, LOCAL)),
        (of_cluster(CLUSTER, None, None, settings), of_cluster(CLUSTER, None, None, LOCAL)),
        (of_attachment(None, CLUSTER, settings), of_attachment(None, CLUSTER, LOCAL)),
    ):
        assert (found.outcome, here.outcome) == ("fail", "warn")
        assert "`amlgpu provision --target prod " in found.mend
        assert "`amlgpu run`" in here.mend
    assert of_cluster(CLUSTER, None, ATTACHED, LOCAL).outcome == "ok"


@pytest.mark.parametrize(
    ("change", "outcome", "text", "mend"),
    [
        ({"kind": AKS}, "fail", "is a AKS, not AmlCompute", "another compute.name"),
        ({"state": "Failed"}, "fail", "making gpu-compute failed", "delete it in studio"),
        ({"state": "Resizing"}, "warn", "is Resizing", "wait"),
        ({"vm_size": "Standard_NC6s_v3"}, "fail", "is retired", "another compute.name"),
        ({"vm_size": "Standard_D2_v3"}, "fail", f"compute.vm_size is {T4}", "another compute.name"),
        ({"has_identity": False}, "fail", "has no identity", "compute.identity_id"),
        ({"max_nodes": 4}, "warn", "0 to 4 nodes, given back after 300 s; the settings say 0 to 1", "amlgpu provision"),
        ({"idle_seconds": 60}, "warn", "given back after 60 s; the settings say", "amlgpu provision"),
    ],
)
def test_a_compute_that_is_another_is_told_with_what_to_do(
    settings: Settings, change: dict[str, object], outcome: str, text: str, mend: str
) -> None:
    found = of_compute(replace(COMPUTE, **change), settings)  # type: ignore[arg-type]
    assert found.outcome == outcome
    assert text in found.text
    assert mend in found.mend


def test_the_identity_of_the_settings_is_looked_for(settings: Settings) -> None:
    wanted = settings.model_copy(update={"compute": settings.compute.model_copy(update={"identity_id": IDENTITY})})
    assert of_compute(replace(COMPUTE, identity_ids=(IDENTITY.lower(),)), wanted).outcome == "ok"
    other = of_compute(replace(COMPUTE, identity_ids=("another",)), wanted)
    assert (other.outcome, "hasn't the identity Steps" in other.text) == ("fail", True)


def test_a_cluster_that_does_not_fit_is_mended_by_lines_where_provision_says_them_no_more(settings: Settings) -> None:
    unfit = replace(MANAGED, running=False, local_accounts=False)
    before, after = (of_cluster(CLUSTER, unfit, attached, settings) for attached in (None, ATTACHED))
    assert before.text == after.text
    assert before.text.startswith("gpus: it is stopped; its local accounts are disabled")
    assert " --dry-run` prints" in before.mend
    assert after.mend.startswith("`az aks start ")


def test_what_is_to_be_known_of_a_cluster_is_a_warning(settings: Settings) -> None:
    found = of_cluster(CLUSTER, replace(MANAGED, kubernetes="1.20.0"), None, settings)
    assert (found.outcome, "older than" in found.text) == ("warn", True)


def test_a_cluster_that_is_not_named_yet_is_a_matter_of_the_settings() -> None:
    found = of_placeholder(ClusterId.of(str(load_settings("prod", environ={}).cluster.resource_id)))
    assert found is not None
    assert (found.outcome, found.exit_code, found.text) == ("fail", 2, "cluster.resource_id is a placeholder")
    assert of_placeholder(CLUSTER) is None


@pytest.mark.parametrize(
    ("change", "outcome", "text"),
    [
        ({"resource_id": str(CLUSTER._replace(name="other"))}, "fail", "is another AKS cluster"),
        ({"kind": "VirtualMachine"}, "fail", "is a VirtualMachine, not AKS"),
        ({"vm_size": "Standard_NC8as_T4_v3"}, "fail", f"cluster.vm_size is {T4}"),
        ({"tls": False}, "warn", "without TLS"),
        ({"vm_size": None, "resource_id": None}, "ok", "attached as gpu-aks"),
    ],
)
def test_the_attachment_is_compared_with_the_settings(
    settings: Settings, change: dict[str, object], outcome: str, text: str
) -> None:
    found = of_attachment(replace(ATTACHED, **change), CLUSTER, settings)  # type: ignore[arg-type]
    assert found.outcome == outcome
    assert text in found.text
