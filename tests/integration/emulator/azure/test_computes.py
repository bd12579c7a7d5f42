"""Compute targets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from azureml_emulator.state.disk.files import LOG
from azureml_emulator.state.workspace import RESOURCE_GROUP, SUBSCRIPTION
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Model, Workspace
    from azureml.core.model import InferenceConfig

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
    runs = [Experiment(workspace, "on-a-compute").start_logging(snapshot_directory=None) for _ in range(2)]
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


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"load_balancer_type": "InternalLoadBalancer"}, "loadBalancerType"),
        ({"vnet_name": "v", "vnet_resourcegroup_name": "g", "subnet_name": "s"}, "aksNetworkingConfiguration"),
        ({"ssl_cname": "www.example.com", "ssl_cert_pem_file": "a.pem", "ssl_key_pem_file": "a.pem"}, "sslConfig"),
    ],
)
def test_networks_of_aks(
    workspace: Workspace, options: dict[str, str], argument: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azureml.core.compute import AksCompute, ComputeTarget
    from azureml.exceptions import ComputeTargetException

    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.pem").write_text("-")
    if "vnet_name" in options:
        options = options | {"service_cidr": "10.0.0.0/16", "dns_service_ip": "10.0.0.10"}
        options |= {"docker_bridge_cidr": "172.17.0.1/16"}
    configuration = AksCompute.provisioning_configuration(vm_size=T4, **options)
    with pytest.raises(ComputeTargetException, match=f"does not have the {argument}"):
        ComputeTarget.create(workspace, "networked", configuration)


def test_other_changes_of_aks(workspace: Workspace) -> None:
    from azureml.core.compute import AksCompute, ComputeTarget
    from azureml.core.compute.aks import AksUpdateConfiguration, SslConfiguration
    from azureml.exceptions import ComputeTargetException

    cluster = ComputeTarget.create(workspace, "fixed", AksCompute.provisioning_configuration(vm_size=T4))
    ssl = SslConfiguration(status="Auto", leaf_domain_label="contoso", overwrite_existing_domain=True)
    with pytest.raises(ComputeTargetException, match="does not have the sslConfiguration"):
        cluster.update(AksUpdateConfiguration(ssl_configuration=ssl))
    cluster.update(AksUpdateConfiguration(load_balancer_type="PublicIp"))
    assert AksCompute(workspace, "fixed").agent_vm_size == T4
    with pytest.raises(ComputeTargetException, match="there is no Kubernetes cluster to have credentials of"):
        cluster.get_credentials()
    cluster.detach()
    assert "fixed" not in workspace.compute_targets


def test_compute_instance(workspace: Workspace) -> None:
    from azureml.core.compute import ComputeInstance, ComputeTarget
    from azureml.exceptions import ComputeTargetException

    configuration = ComputeInstance.provisioning_configuration(vm_size="STANDARD_DS3_V2")
    with pytest.raises(ComputeTargetException, match="there are no compute instances"):
        ComputeTarget.create(workspace, "instance", configuration)


def test_quotas(workspace: Workspace) -> None:
    from azureml.core.compute import AmlCompute
    from azureml.exceptions import ComputeTargetException

    with pytest.raises(ComputeTargetException, match="nothing is counted against a quota"):
        AmlCompute.list_quotas(workspace)


def test_usages(workspace: Workspace) -> None:
    """Of the nodes that are up; the limits are made up."""
    from azureml.core.compute import AmlCompute, ComputeTarget
    from azureml.exceptions import ComputeTargetException

    configuration = AmlCompute.provisioning_configuration(vm_size=T4, min_nodes=2, max_nodes=3)
    before = t4_of_aml(workspace)
    compute = ComputeTarget.create(workspace, "counted", configuration)
    assert t4_of_aml(workspace) == before + 8
    compute.delete()
    assert t4_of_aml(workspace) == before
    with pytest.raises(ComputeTargetException, match="expandChildren"):
        AmlCompute.list_usages(workspace, show_all=True)


def t4_of_aml(workspace: Workspace) -> int:
    from azureml.core.compute import AmlCompute

    (found,) = (one for one in AmlCompute.list_usages(workspace) if "NCASv3_T4" in one["name"]["value"])
    assert (found["name"]["value"], found["unit"]) == ("Standard NCASv3_T4 Family Cluster Dedicated vCPUs", "Count")
    assert found["type"] == "Microsoft.MachineLearningServices/vmFamily/usages"
    assert found["limit"] == 100
    return int(found["currentValue"])


ELSEWHERE = "/subscriptions/s/resourceGroups/production/providers/Microsoft.ContainerService/managedClusters/aks"


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


@pytest.fixture
def managed(emulator: Emulator, bearer: dict[str, str]) -> Callable[..., requests.Response]:
    """Requests to Azure Resource Manager about an AKS cluster: `managed("PUT", "gpus", pools=[…])`."""

    def send(method: str, name: str, group: str = RESOURCE_GROUP, **properties: object) -> requests.Response:
        path = (
            f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.ContainerService/managedClusters"
        )
        url, body = f"{emulator.http}{path}/{name}?api-version=2024-09-01", {"properties": properties}
        return requests.request(method, url, headers=bearer, json=body if properties else None, timeout=30)

    return send


POOL = {"name": "gpu", "vmSize": T4, "count": 2}
TAINTED = POOL | {"name": "kept", "count": 9, "nodeTaints": ["sku=gpu:NoSchedule"]}


def test_a_cluster_is_made_looked_at_and_attached(
    workspace: Workspace, managed: Callable[..., requests.Response]
) -> None:
    from azureml.core.compute import AksCompute, ComputeTarget

    missing = managed("GET", "Gpus")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "ResourceNotFound")
    assert managed("PUT", "Gpus", agentPoolProfiles=[POOL]).status_code == 201
    made = managed("PUT", "Gpus", agentPoolProfiles=[TAINTED, POOL], dnsPrefix="gpus")
    assert (made.status_code, made.json()) == (200, managed("GET", "gpus").json())
    told = made.json()["properties"]
    assert (told["provisioningState"], told["powerState"], told["dnsPrefix"]) == (
        "Succeeded",
        {"code": "Running"},
        "gpus",
    )
    assert (told["networkProfile"], told["disableLocalAccounts"]) == ({"loadBalancerSku": "standard"}, False)
    assert managed("GET", "gpus", group="another").status_code == 404

    configuration = AksCompute.attach_configuration(resource_id=made.json()["id"])
    ComputeTarget.attach(workspace, "looked-at", configuration).wait_for_completion(show_output=False)
    attached = AksCompute(workspace, "looked-at")
    assert (attached.agent_vm_size, attached.agent_count, attached.is_attached) == (T4, 2, True)
    assert "localWorkspaceCluster" not in (attached.tags or {})
    assert attached.cluster_resource_id == made.json()["id"]
    taken = managed("PUT", "GPUS", agentPoolProfiles=[POOL])
    assert (taken.status_code, "is attached as compute 'looked-at'" in taken.text) == (409, True)
    attached.detach()
    assert managed("PUT", "gpus", agentPoolProfiles=[POOL]).status_code == 200


@pytest.mark.parametrize(
    ("name", "properties", "said"),
    [
        ("basic", {"networkProfile": {"loadBalancerSku": "basic"}, "agentPoolProfiles": [POOL]}, "must use 'standard'"),
        ("retired", {"agentPoolProfiles": [POOL | {"vmSize": "Standard_NC6s_v3"}]}, "Standard_NC6s_v3 is retired"),
        ("bare", {"agentPoolProfiles": []}, "at least 1 entries"),
        ("-dash", {"agentPoolProfiles": [POOL]}, "no name of an AKS cluster"),
    ],
)
def test_what_aks_refuses(
    managed: Callable[..., requests.Response], name: str, properties: dict[str, object], said: str
) -> None:
    refused = managed("PUT", name, **properties)
    assert refused.status_code == 400
    assert said in refused.json()["error"]["message"]
    assert managed("GET", name).status_code == 404


def test_a_cluster_that_is_a_name_only_is_attached(workspace: Workspace) -> None:
    from azureml.core.compute import AksCompute, ComputeTarget

    configuration = AksCompute.attach_configuration(resource_group=RESOURCE_GROUP, cluster_name="nowhere")
    attached = ComputeTarget.attach(workspace, "name-only", configuration)
    attached.wait_for_completion()
    assert (attached.provisioning_state, attached.agent_count) == ("Succeeded", None)
    attached.detach()


def test_the_log_says_that_azure_lets_azure_ml_make_no_cluster(workspace: Workspace, emulator: Emulator) -> None:
    from azureml.core.compute import AksCompute, ComputeTarget

    for _ in range(2):  # the second time it is there
        cluster = ComputeTarget.create(workspace, "of-old", AksCompute.provisioning_configuration(vm_size=T4))
    cluster.delete()
    log = (emulator.folder / LOG).read_text()
    assert log.count("compute 'of-old' is a new AKS cluster: Azure lets Azure ML make none") == 1


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


def test_usages_of_virtual_machines(
    emulator: Emulator, bearer: dict[str, str], managed: Callable[..., requests.Response]
) -> None:
    """The nodes of AKS clusters."""
    url = f"{emulator.http}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/locations/local/usages"

    def used() -> dict[str, int]:
        answer = requests.get(url, params={"api-version": "2024-07-01"}, headers=bearer, timeout=10)
        return {one["name"]["value"]: one["currentValue"] for one in answer.json()["value"]}

    before, family = used(), "Standard NCASv3_T4 Family"
    managed("PUT", "counted", agentPoolProfiles=[{"name": "gpu", "vmSize": T4, "count": 3}])
    assert (used()["cores"], used()[family]) == (before["cores"] + 12, before[family] + 12)


def test_usages_pass_over_what_has_no_size(emulator: Emulator, bearer: dict[str, str]) -> None:
    base, properties = f"{emulator.http}{emulator.scope}/computes/sizeless", {"scaleSettings": {"minNodeCount": 1}}
    body = {"properties": {"computeType": "AmlCompute", "properties": properties}}
    requests.put(base, json=body, headers=bearer, timeout=10).raise_for_status()
    provider = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.MachineLearningServices"
    usages = requests.get(f"{emulator.http}{provider}/locations/local/usages", headers=bearer, timeout=10)
    assert usages.status_code == 200, usages.text
    requests.delete(base, headers=bearer, timeout=10).raise_for_status()


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
