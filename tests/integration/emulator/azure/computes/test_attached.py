"""What is attached: AKS clusters, and other kinds of computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from azureml_emulator.state.workspace import RESOURCE_GROUP
from tests.integration.emulator.azure.computes.conftest import ELSEWHERE, T4

if TYPE_CHECKING:
    from azureml.core import Model, Workspace
    from azureml.core.model import InferenceConfig


def test_a_cluster_from_elsewhere_is_a_name(workspace: Workspace) -> None:
    from azureml.core.compute import AksCompute, ComputeTarget

    for name, options in (
        ("attached", {"resource_group": "production", "cluster_name": "aks"}),
        ("attached-by-id", {"resource_id": ELSEWHERE, "cluster_purpose": AksCompute.ClusterPurpose.DEV_TEST}),
    ):
        attached = ComputeTarget.attach(workspace, name, AksCompute.attach_configuration(**options))
        attached.wait_for_completion(show_output=True)
        assert (attached.provisioning_state, attached.type, attached.is_attached) == ("Succeeded", "AKS", True)
        found = AksCompute(workspace, name)
        assert "attached by its name only" in found.tags["localWorkspaceCluster"]
        assert found.cluster_resource_id.lower().endswith(ELSEWHERE.partition("/s/")[2].lower())
        assert (found.agent_vm_size, found.agent_count) == (None, None)
    assert {one.name for one in AksCompute.list(workspace)} >= {"attached", "attached-by-id"}
    for name in ("attached", "attached-by-id"):
        AksCompute(workspace, name).detach()
        assert name not in workspace.compute_targets


def test_an_attached_cluster_serves_and_counts_no_gpus(
    workspace: Workspace, scoring: InferenceConfig, model: Callable[[str], Model]
) -> None:
    """With --enforce-capacity, too: which nodes it has is not known."""
    from azureml.core import Model
    from azureml.core.compute import AksCompute, ComputeTarget
    from azureml.core.webservice import AksWebservice

    configuration = AksCompute.attach_configuration(resource_group="production", cluster_name="aks")
    cluster = ComputeTarget.attach(workspace, "serving", configuration)
    options = AksWebservice.deploy_configuration(num_replicas=1, autoscale_enabled=False, gpu_cores=1)
    service = Model.deploy(workspace, "attached", [model("one")], scoring, options, cluster)
    service.wait_for_deployment()
    assert service.state == "Healthy"
    service.delete()
    cluster.detach()


def test_a_cluster_that_is_a_name_only_is_attached(workspace: Workspace) -> None:
    from azureml.core.compute import AksCompute, ComputeTarget

    configuration = AksCompute.attach_configuration(resource_group=RESOURCE_GROUP, cluster_name="nowhere")
    attached = ComputeTarget.attach(workspace, "name-only", configuration)
    attached.wait_for_completion()
    assert (attached.provisioning_state, attached.agent_count) == ("Succeeded", None)
    attached.detach()


def test_a_resource_that_is_no_cluster(workspace: Workspace) -> None:
    from azureml.core.compute import AksCompute, ComputeTarget
    from azureml.exceptions import ComputeTargetException

    identifier = ELSEWHERE.replace("managedClusters", "connectedClusters")
    with pytest.raises(ComputeTargetException, match="is not that of an AKS cluster"):
        ComputeTarget.attach(workspace, "none", AksCompute.attach_configuration(resource_id=identifier))
    assert "none" not in workspace.compute_targets


def test_a_name_of_another_cluster(workspace: Workspace) -> None:
    from azureml.core.compute import AksCompute, ComputeTarget
    from azureml.exceptions import ComputeTargetException

    cluster = ComputeTarget.create(workspace, "made-here", AksCompute.provisioning_configuration(vm_size=T4))
    with pytest.raises(ComputeTargetException, match="exists, and is another cluster"):
        ComputeTarget.attach(workspace, "made-here", AksCompute.attach_configuration(resource_id=ELSEWHERE))
    cluster.delete()


def attachments() -> dict[str, Callable[[], object]]:
    from azureml.core import compute

    group = "/subscriptions/s/resourceGroups/g/providers/"
    return {
        "Databricks": lambda: compute.DatabricksCompute.attach_configuration("g", "bricks", access_token="secret"),
        "VirtualMachine": lambda: compute.RemoteCompute.attach_configuration(
            username="me", address="10.0.0.1", password="Pa55-of-a-machine!"
        ),
        "HDInsight": lambda: compute.HDInsightCompute.attach_configuration(
            username="me", address="10.0.0.1", password="Pa55-of-a-machine!"
        ),
        "DataFactory": lambda: compute.DataFactoryCompute.attach_configuration(resource_group="g", factory_name="f"),
        "DataLakeAnalytics": lambda: compute.AdlaCompute.attach_configuration(resource_group="g", account_name="a"),
        "Batch": lambda: compute.BatchCompute.attach_configuration(resource_group="g", account_name="a"),
        "Kubernetes": lambda: compute.KubernetesCompute.attach_configuration(
            resource_id=f"{group}Microsoft.Kubernetes/connectedClusters/arc"
        ),
    }


@pytest.mark.parametrize(
    "kind", ["Databricks", "VirtualMachine", "HDInsight", "DataFactory", "DataLakeAnalytics", "Batch"]
)
def test_what_is_attached_of_other_kinds_is_refused_at_once(workspace: Workspace, kind: str) -> None:
    from azureml.core.compute import ComputeTarget
    from azureml.exceptions import ComputeTargetException

    with pytest.raises(ComputeTargetException, match=f"does not have the compute type {kind}: .* AmlCompute"):
        ComputeTarget.attach(workspace, "other", attachments()[kind]())
    assert "other" not in workspace.compute_targets


def test_kubernetes_hosts_what_sdk_v2_deploys(workspace: Workspace) -> None:
    from azureml.core import Experiment, ScriptRunConfig
    from azureml.core.compute import ComputeTarget
    from azureml.core.compute.kubernetescompute import KubernetesCompute

    ComputeTarget.attach(workspace, "kube", attachments()["Kubernetes"]())
    found = KubernetesCompute(workspace, "kube")
    assert (found.type, found.namespace, found.provisioning_state) == ("Kubernetes", "default", "Succeeded")
    config = ScriptRunConfig(source_directory="", command=["true"], compute_target="kube")
    with pytest.raises(Exception, match="is of the type Kubernetes: runs need an AmlCompute"):
        Experiment(workspace, "kube").submit(config)
    found.detach()
    assert "kube" not in workspace.compute_targets
