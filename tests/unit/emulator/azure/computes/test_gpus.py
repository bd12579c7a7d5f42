import pytest

from azureml_emulator.azure.computes.gpus import (
    affordable_replicas,
    cluster_gpus,
    gpu_note,
    gpu_refusal,
    gpus_in_use,
    gpus_wanted,
)
from azureml_emulator.azure.computes.sizes import cores_and_memory, gpus_per_node, is_retired
from azureml_emulator.azure.computes.targets import UNCOUNTED, new_target, view
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document


@pytest.mark.parametrize(
    ("vm_size", "gpus"),
    [
        ("Standard_NC4as_T4_v3", 1),
        ("STANDARD_NC64AS_T4_V3", 4),
        ("Standard_NV36adms_A10_v5", 1),
        ("Standard_NV72ads_A10_v5", 2),
        ("Standard_NC96ads_A100_v4", 4),
        ("Standard_NC80adis_H100_v5", 2),
        ("Standard_D3_v2", 0),
        ("Standard_NC6", 0),
        ("", 0),
    ],
)
def test_gpus_per_node(vm_size: str, gpus: int) -> None:
    assert gpus_per_node(vm_size) == gpus


@pytest.mark.parametrize(
    "vm_size",
    [
        *("Standard_NC6", "Standard_NC24r", "standard_nc12_promo", "Standard_NC6s_v2", "STANDARD_NC24RS_V3"),
        *("Standard_ND6s", "Standard_ND24rs", "Standard_NV12s_v3"),
    ],
)
def test_retired(vm_size: str) -> None:
    assert is_retired(vm_size)


@pytest.mark.parametrize("vm_size", ["Standard_NC4as_T4_v3", "Standard_NC24ads_A100_v4", "Standard_D2_v3", ""])
def test_current(vm_size: str) -> None:
    assert not is_retired(vm_size)


def service(name: str, gpus: int | None, replicas: int | None) -> Document:
    return {"name": name, "computeName": "c", "containerResourceRequirements": {"gpu": gpus}, "numReplicas": replicas}


def test_gpus_of_services(workspace: LocalWorkspace) -> None:
    for one in (service("a", 1, 2), service("b", 2, None), service("c", None, 4)):
        workspace.store.put("service", one["name"], one)
    assert gpus_wanted(service("a", 1, 2)) == 2
    assert gpus_in_use(workspace.store, "c", except_service="a") == 2
    assert gpus_in_use(workspace.store, "other", except_service="") == 0


def test_gpus_of_a_cluster() -> None:
    details = {"agentVmSize": "Standard_NC64as_T4_v3", "agentCount": 3}
    assert cluster_gpus({"properties": {"properties": details}}) == 12
    assert cluster_gpus({"properties": {"properties": {"vmSize": "Standard_NC64as_T4_v3"}}}) == 0


def put_cluster(workspace: LocalWorkspace, vm_size: str) -> Document:
    sizes = {"computeType": "AKS", "properties": {"agentVmSize": vm_size, "agentCount": 3}}
    return workspace.store.put("compute", "c", new_target(workspace, "c", {"properties": sizes, "tags": {"ours": "1"}}))


def test_gpus_that_are_not_real_refuse_nothing_and_the_log_says_so(workspace: LocalWorkspace) -> None:
    cluster = put_cluster(workspace, "Standard_NC4as_T4_v3")
    workspace.store.put("service", "a", service("a", 1, 2))
    said = "Insufficient nvidia.com/gpu: 2 asked for, cluster 'c' of Standard_NC4as_T4_v3 has 1 free"

    assert gpu_refusal(workspace, service("b", 1, 2)) is None
    assert f"[local workspace] {said}; on Azure it would be Unschedulable" in gpu_note(workspace, service("b", 1, 2))
    assert "Insufficient" not in gpu_note(workspace, service("b", 1, 1))
    assert affordable_replicas(workspace, service("b", 1, 2)) > 100
    assert view(workspace, cluster)["tags"] == {"ours": "1"} | UNCOUNTED

    workspace.enforce_capacity = True
    assert "Insufficient" not in gpu_note(workspace, service("b", 1, 2))
    assert view(workspace, cluster)["tags"] == {"ours": "1"}


def test_nobody_waits_for_gpus_of_nodes_without_any_unless_capacity_counts(workspace: LocalWorkspace) -> None:
    put_cluster(workspace, "Standard_D3_v2")

    assert gpu_refusal(workspace, service("a", 1, 1)) is not None
    assert gpu_refusal(workspace, service("a", None, 1)) is None
    workspace.enforce_capacity = True
    assert gpu_refusal(workspace, service("a", 1, 1)) is None


@pytest.mark.parametrize(
    ("vm_size", "known"),
    [
        ("Standard_NC4as_T4_v3", (4, 28)),
        ("STANDARD_DS3_V2", (4, 14)),
        ("Standard_D12_v2", (4, 28)),
        ("Standard_D8ads_v5", (8, 32)),
        ("Standard_E16s_v5", (16, 128)),
        ("Standard_F8s_v2", (8, 16)),
        ("Standard_NV36ads_A10_v5", (36, 440)),
        ("Standard_NC80adis_H100_v5", (80, 640)),
        ("Standard_M128ms", None),
        ("", None),
    ],
)
def test_cores_and_memory(vm_size: str, known: tuple[int, float] | None) -> None:
    assert cores_and_memory(vm_size) == (known and pytest.approx(known))
