"""Compute targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from azureml.core import Workspace

T4 = "Standard_NC4as_T4_v3"


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


def test_aks(workspace: Workspace) -> None:
    from azureml.core.compute import AksCompute, ComputeTarget

    configuration = AksCompute.provisioning_configuration(vm_size=T4, agent_count=3, cluster_purpose="FastProd")
    ComputeTarget.create(workspace, "gpu-serves", configuration).wait_for_completion(show_output=False)
    found = AksCompute(workspace, "gpu-serves")
    assert (found.provisioning_state, found.agent_vm_size, found.agent_count) == ("Succeeded", T4, 3)


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


def test_other_kind(workspace: Workspace) -> None:
    from azureml.core.compute import ComputeTarget, DatabricksCompute
    from azureml.exceptions import ComputeTargetException

    configuration = DatabricksCompute.attach_configuration("group", "bricks", access_token="secret")
    with pytest.raises(ComputeTargetException, match="does not have the compute type Databricks"):
        ComputeTarget.attach(workspace, "bricks", configuration)


def test_cluster_from_elsewhere(workspace: Workspace) -> None:
    from azureml.core.compute import AksCompute, ComputeTarget
    from azureml.exceptions import ComputeTargetException

    configuration = AksCompute.attach_configuration(resource_group="production", cluster_name="aks")
    with pytest.raises(ComputeTargetException, match="attaching a cluster that exists elsewhere"):
        ComputeTarget.attach(workspace, "attached", configuration)
