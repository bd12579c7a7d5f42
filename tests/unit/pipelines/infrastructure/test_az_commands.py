import shlex

import pytest

from config.sections.workspace import Cluster
from pipelines.infrastructure import az_commands
from workspaces.computes import ClusterId

WANTED = Cluster(vm_size="Standard_NC4as_T4_v3", nodes=3, purpose="FastProd")


@pytest.mark.parametrize("group", ["resourceGroups", "resourcegroups"])
def test_the_command_that_deletes_a_cluster_names_all_of_its_id(group: str) -> None:
    cluster = ClusterId.of(f"/subscriptions/s/{group}/G/providers/Microsoft.ContainerService/managedClusters/gpus")
    assert az_commands.delete(cluster) == "az aks delete --subscription s --resource-group G --name gpus"
    assert str(cluster) == "/subscriptions/s/resourceGroups/G/providers/Microsoft.ContainerService/managedClusters/gpus"


def test_a_name_that_a_shell_would_take_apart_is_quoted() -> None:
    cluster = ClusterId("s", "team (west)", "gpus")
    for line in (*az_commands.create(cluster, WANTED), az_commands.scale(cluster, "gpu", 3)):
        assert line.startswith("kubectl") or "team (west)" in shlex.split(line)


def test_a_cluster_is_made_with_a_standard_load_balancer_an_identity_and_no_taint() -> None:
    create, connect, plugin = az_commands.create(ClusterId("s", "g", "gpus"), WANTED)
    assert "--node-vm-size Standard_NC4as_T4_v3 --node-count 3 --load-balancer-sku standard" in create
    assert "--enable-managed-identity" in create
    assert "taint" not in create
    assert "disable-local-accounts" not in create
    assert connect == "az aks get-credentials --subscription s --resource-group g --name gpus"
    assert plugin.startswith("kubectl apply -f https://raw.githubusercontent.com/NVIDIA/k8s-device-plugin/v")
