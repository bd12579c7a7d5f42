"""AKS clusters that Azure ML makes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azureml_emulator.state.disk.files import LOG
from tests.integration.emulator.azure.computes.conftest import T4
from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.core import Workspace


def test_aks(workspace: Workspace) -> None:
    from azureml.core.compute import AksCompute, ComputeTarget

    configuration = AksCompute.provisioning_configuration(vm_size=T4, agent_count=3, cluster_purpose="FastProd")
    ComputeTarget.create(workspace, "gpu-serves", configuration).wait_for_completion(show_output=False)
    found = AksCompute(workspace, "gpu-serves")
    assert (found.provisioning_state, found.agent_vm_size, found.agent_count) == ("Succeeded", T4, 3)


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


def test_the_log_says_that_azure_lets_azure_ml_make_no_cluster(workspace: Workspace, emulator: Emulator) -> None:
    from azureml.core.compute import AksCompute, ComputeTarget

    for _ in range(2):  # the second time it is there
        cluster = ComputeTarget.create(workspace, "of-old", AksCompute.provisioning_configuration(vm_size=T4))
    cluster.delete()
    log = (emulator.folder / LOG).read_text()
    assert log.count("compute 'of-old' is a new AKS cluster: Azure lets Azure ML make none") == 1
