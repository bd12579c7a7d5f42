"""Compute targets, AmlCompute above all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from tests.integration.emulator.azure.computes.conftest import T4
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Workspace


def test_aml_compute(workspace: Workspace) -> None:
    from azureml.core.compute import AmlCompute, ComputeTarget

    configuration = AmlCompute.provisioning_configuration(
        vm_size=T4, min_nodes=0, max_nodes=2, idle_seconds_before_scaledown=300, identity_type="SystemAssigned"
    )
    created = ComputeTarget.create(workspace, "gpu-steps", configuration)
    created.wait_for_completion(show_output=False)
    found = AmlCompute(workspace, "gpu-steps")
    assert (found.provisioning_state, found.vm_size) == ("Succeeded", T4)
    assert found.scale_settings.maximum_node_count == 2
    assert found.identity_type == "SystemAssigned"
    assert found.get_status().allocation_state == "Steady"


def test_nodes_of_aml_compute(workspace: Workspace) -> None:
    from azureml.core.compute import AmlCompute, ComputeTarget

    configuration = AmlCompute.provisioning_configuration(vm_size=T4, min_nodes=1, max_nodes=2)
    compute = ComputeTarget.create(workspace, "nodes", configuration)
    compute.wait_for_completion(show_output=False, min_node_count=1, timeout_in_minutes=1)
    compute.update(min_nodes=2, max_nodes=4, idle_seconds_before_scaledown=300)
    compute.wait_for_completion(show_output=False)
    found = AmlCompute(workspace, "nodes")
    assert (found.scale_settings.maximum_node_count, found.get_status().current_node_count) == (4, 2)
    assert [node["nodeState"] for node in found.list_nodes()] == ["idle", "idle"]


def test_identity_of_aml_compute(workspace: Workspace) -> None:
    from azureml.core.compute import AmlCompute, ComputeTarget

    compute = ComputeTarget.create(
        workspace, "identity", AmlCompute.provisioning_configuration(vm_size=T4, max_nodes=1)
    )
    compute.add_identity("SystemAssigned")
    assert AmlCompute(workspace, "identity").identity_type == "SystemAssigned"
    compute.remove_identity()
    assert AmlCompute(workspace, "identity").identity_type == "None"


def test_active_runs(workspace: Workspace) -> None:
    from azureml._restclient.models import CreateRunDto
    from azureml.core import Experiment
    from azureml.core.compute import AmlCompute, ComputeTarget

    compute = ComputeTarget.create(workspace, "busy", AmlCompute.provisioning_configuration(vm_size=T4, max_nodes=1))
    runs = [
        Experiment(workspace, "on-a-compute").start_logging(snapshot_directory=None, outputs=False) for _ in range(2)
    ]
    for run in runs:
        run._client.run.patch_run(CreateRunDto(run_id=run.id, target="busy"))
    runs[0].complete()
    assert [run.run_id for run in compute.get_active_runs()] == [runs[1].id]
    assert list(compute.get_active_runs(status="Queued")) == []
    runs[1].complete()


def test_password_is_not_kept(workspace: Workspace, emulator: Emulator) -> None:
    from azureml.core.compute import AmlCompute, ComputeTarget

    configuration = AmlCompute.provisioning_configuration(
        vm_size=T4, max_nodes=1, admin_username="me", admin_user_password="Pa55-of-a-node!"
    )
    created = ComputeTarget.create(workspace, "account", configuration)
    assert created.admin_username == "me"
    assert b"Pa55-of-a-node!" not in b"".join(file.read_bytes() for file in emulator.folder.glob("workspace.db*"))


def test_sizes(workspace: Workspace) -> None:
    from azureml.core.compute import AmlCompute

    sizes = {size["name"]: size for size in AmlCompute.supported_vmsizes(workspace)}
    assert {key: sizes[T4][key] for key in ("vCPUs", "gpus", "memoryGB")} == {"vCPUs": 4, "gpus": 1, "memoryGB": 28}


def test_a_name_of_another_kind(workspace: Workspace) -> None:
    from azureml.core.compute import AksCompute, AmlCompute, ComputeTarget
    from azureml.exceptions import ComputeTargetException

    ComputeTarget.create(workspace, "one-kind", AmlCompute.provisioning_configuration(vm_size=T4, max_nodes=1))
    with pytest.raises(ComputeTargetException, match="exists and is AmlCompute, not AKS"):
        ComputeTarget.create(workspace, "one-kind", AksCompute.provisioning_configuration(vm_size=T4))


def test_list_and_delete(workspace: Workspace) -> None:
    from azureml.core.compute import AmlCompute, ComputeTarget
    from azureml.exceptions import ComputeTargetException

    configuration = AmlCompute.provisioning_configuration(vm_size=T4, max_nodes=1)
    compute = ComputeTarget.create(workspace, "short-lived", configuration)
    compute.wait_for_completion(show_output=False)
    assert workspace.compute_targets["short-lived"].type == "AmlCompute"
    compute.delete()
    assert "short-lived" not in workspace.compute_targets
    with pytest.raises(ComputeTargetException, match="ComputeTargetNotFound"):
        AmlCompute(workspace, "short-lived")


@pytest.mark.parametrize("vm_size", ["Standard_NC6", "STANDARD_NC6S_V2", "Standard_NC6s_v3", "Standard_ND6s"])
@pytest.mark.parametrize("kind", ["AksCompute", "AmlCompute"])
def test_retired_size(workspace: Workspace, kind: str, vm_size: str) -> None:
    from azureml.core import compute
    from azureml.exceptions import ComputeTargetException

    nodes = {"agent_count": 3} if kind == "AksCompute" else {"max_nodes": 1}
    configuration = getattr(compute, kind).provisioning_configuration(vm_size=vm_size, **nodes)
    with pytest.raises(ComputeTargetException, match=f"{vm_size} is retired: use a current one"):
        compute.ComputeTarget.create(workspace, "retired", configuration)
    assert "retired" not in workspace.compute_targets


def test_compute_instance(workspace: Workspace) -> None:
    from azureml.core.compute import ComputeInstance, ComputeTarget
    from azureml.exceptions import ComputeTargetException

    configuration = ComputeInstance.provisioning_configuration(vm_size="STANDARD_DS3_V2")
    with pytest.raises(ComputeTargetException, match="there are no compute instances"):
        ComputeTarget.create(workspace, "instance", configuration)


def test_azure_resource_manager_tells_whose_principal_a_compute_has(
    workspace: Workspace, emulator: Emulator, bearer: dict[str, str]
) -> None:
    """The SDK keeps nothing of it."""
    from azureml.core.compute import AmlCompute, ComputeTarget

    configuration = AmlCompute.provisioning_configuration(vm_size=T4, max_nodes=1, identity_type="SystemAssigned")
    ComputeTarget.create(workspace, "principal", configuration)
    url = f"{emulator.http}{emulator.scope}/computes/principal?api-version=2024-10-01"
    identity = requests.get(url, headers=bearer, timeout=10).json()["identity"]
    assert identity["type"] == "SystemAssigned"
    assert identity["principalId"]
