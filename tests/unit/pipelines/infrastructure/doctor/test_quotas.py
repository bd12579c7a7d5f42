import pytest

from config.compute.vm_sizes import GPU_SIZES
from config.settings import Settings, load_settings
from pipelines.infrastructure.doctor.quotas import family_of, of_quotas, plain
from workspaces.access import Usage

AML = "Standard NCASv3_T4 Family Cluster Dedicated vCPUs"
MACHINES = "Standard NCASv3_T4 Family"
PLENTY = (Usage("cores", 0, 1000), Usage(MACHINES, 0, 100))


@pytest.fixture
def settings() -> Settings:
    """One node of four virtual CPUs for the steps, three for the cluster."""
    return load_settings("prod", {"compute.max_nodes": "1"}, environ={})


@pytest.mark.parametrize(
    "name",
    ["standardNCASv3_T4Family", MACHINES, AML, "Standard NCASv3_T4 Family vCPUs"],
)
def test_a_family_is_known_by_each_of_its_names(name: str) -> None:
    assert plain(name) == family_of("Standard_NC4as_T4_v3")


def test_every_size_with_a_gpu_has_a_family_and_low_priority_is_another_quota() -> None:
    assert all(map(family_of, GPU_SIZES))
    assert plain("Standard NCASv3_T4 Family Cluster LowPriority vCPUs") != family_of("Standard_NC4as_T4_v3")
    assert family_of("Standard_D4s_v5") is None


@pytest.mark.parametrize(
    ("of_steps", "of_machines", "outcome", "said"),
    [
        (Usage(AML, 0, 4), PLENTY, "ok", "gpu-compute wants 4"),
        (Usage(AML, 9, -1), PLENTY, "ok", "wants 4"),
        (Usage(AML, 0, 0), PLENTY, "fail", "has 0 virtual CPUs; gpu-compute wants 4"),
        (Usage(AML, 4, 4), PLENTY, "warn", "4 used, which may be by gpu-compute"),
        (Usage("Standard D Family Cluster Dedicated vCPUs", 0, 9), PLENTY, "warn", "Azure ML's list has no quota of"),
        (Usage(AML, 0, 4), (Usage(MACHINES, 0, 8),), "fail", "has 8 virtual CPUs; gpu-aks wants 12"),
        (Usage(AML, 0, 4), (Usage("cores", 0, 10), Usage(MACHINES, 0, 100)), "fail", "of all virtual machines"),
    ],
)
def test_the_worst_of_the_quotas_is_told(
    settings: Settings, of_steps: Usage, of_machines: tuple[Usage, ...], outcome: str, said: str
) -> None:
    found = of_quotas(settings, [of_steps], of_machines, cluster_is_made=False)
    assert (found.outcome, bool(found.mend)) == (outcome, outcome != "ok")
    assert said in found.text


@pytest.mark.parametrize("name", ["TotalDedicatedCores", "Total Cluster Dedicated Regional vCPUs"])
def test_azure_ml_has_a_quota_of_all_sizes_too(settings: Settings, name: str) -> None:
    of_steps = [Usage(name, 0, 2), Usage(AML, 0, 100)]
    found = of_quotas(settings, of_steps, PLENTY, cluster_is_made=False)
    assert found.outcome == "fail"
    assert "of all computes of the region has 2 virtual CPUs; gpu-compute wants 4" in found.text


def test_a_cluster_that_is_there_needs_no_room(settings: Settings) -> None:
    assert of_quotas(settings, [Usage(AML, 0, 4)], [Usage(MACHINES, 12, 12)], cluster_is_made=True).outcome == "ok"


def test_of_a_size_that_is_not_known_nothing_is_said() -> None:
    settings = load_settings(
        "prod", {"compute.vm_size": "Standard_D4s_v5", "validation.require_gpu": "false"}, environ={}
    )
    found = of_quotas(settings, [], PLENTY, cluster_is_made=True)
    assert found.outcome == "skipped"
    assert "az vm list-usage" in found.mend
