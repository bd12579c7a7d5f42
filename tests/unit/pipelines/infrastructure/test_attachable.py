from dataclasses import replace

import pytest

from config.sections.workspace import Cluster
from pipelines.infrastructure.attachable import as_error, notes, obstacles
from workspaces.computes import ClusterId, ManagedCluster, NodePool

T4 = "Standard_NC4as_T4_v3"
CLUSTER = ClusterId("s", "g", "gpus")
WANTED = Cluster(vm_size=T4, nodes=3, purpose="FastProd")
GPU = NodePool("gpu", T4, 3)
CPU = NodePool("system", "Standard_D4s_v5", 2)
FITTING = ManagedCluster("Succeeded", True, "1.35.1", "standard", True, True, (GPU,))


def test_a_cluster_as_it_must_be_is_attached() -> None:
    assert obstacles(CLUSTER, FITTING, WANTED) == []
    assert notes(FITTING, WANTED) == []


@pytest.mark.parametrize(
    ("change", "problem", "mend"),
    [
        ({"running": False, "state": "Succeeded"}, "it is stopped", "az aks start"),
        ({"state": "Updating"}, "it is Updating, not Succeeded", "az aks show"),
        ({"load_balancer": "basic"}, "its load balancer is basic", "--load-balancer-sku standard"),
        ({"local_accounts": False}, "its local accounts are disabled", "--enable-local-accounts"),
        ({"managed_identity": False}, "it has a service principal", "--enable-managed-identity"),
        (
            {"pools": (CPU,)},
            f"it has no pool of Linux nodes of {T4} (system: 2 x Standard_D4s_v5)",
            "az aks nodepool add",
        ),
        ({"pools": (replace(GPU, linux=False),)}, f"it has no pool of Linux nodes of {T4}", "az aks nodepool add"),
        ({"pools": ()}, "(none)", "az aks nodepool add"),
        (
            {"pools": (replace(GPU, taints=("sku=gpu:NoSchedule",)),)},
            "is tainted (sku=gpu:NoSchedule)",
            '--node-taints ""',
        ),
        (
            {"pools": (replace(GPU, nodes=2),)},
            f"it has 2 of the 3 nodes of {T4}",
            "--name gpu --node-count 3",
        ),
    ],
)
def test_what_keeps_services_from_it_is_told_with_the_command_that_mends_it(
    change: dict[str, object], problem: str, mend: str
) -> None:
    (obstacle,) = obstacles(CLUSTER, replace(FITTING, **change), WANTED)  # type: ignore[arg-type]
    assert problem in obstacle.problem
    assert mend in "\n".join(obstacle.mend)


def test_all_of_it_is_told_at_once() -> None:
    said = str(as_error(CLUSTER, obstacles(CLUSTER, replace(FITTING, load_balancer="basic", pools=(CPU,)), WANTED)))
    assert said.startswith("The AKS cluster gpus can't be attached yet:\n- its load balancer is basic")
    assert "\n- it has no pool of Linux nodes" in said
    assert said.endswith("Then provision again.")


def test_a_cluster_that_isnt_there_is_to_be_made() -> None:
    (obstacle,) = obstacles(CLUSTER, None, WANTED)
    assert obstacle.mend[0].startswith("az aks create --subscription s --resource-group g --name gpus ")


@pytest.mark.parametrize("pools", [(GPU, CPU), (replace(GPU, nodes=1), replace(GPU, name="more", nodes=2))])
def test_nodes_of_several_pools_count_together(pools: tuple[NodePool, ...]) -> None:
    assert obstacles(CLUSTER, replace(FITTING, pools=pools), WANTED) == []


def test_a_size_is_compared_without_case_and_a_preference_is_no_taint() -> None:
    pool = NodePool("gpu", T4.lower(), 3, taints=("spot=true:PreferNoSchedule",))
    assert obstacles(CLUSTER, replace(FITTING, pools=(pool,)), WANTED) == []


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"pools": (GPU, CPU)}, "The cluster has other pools too (system)"),
        ({"pools": (replace(GPU, nodes=5),)}, "The cluster has 5 nodes, cluster.nodes is 3"),
        ({"kubernetes": "1.29.4"}, "The cluster's Kubernetes 1.29.4 is older than 1.34"),
        ({"authorized_ip_ranges": ("203.0.113.0/24",)}, "Only some addresses reach the cluster's API server"),
    ],
)
def test_what_may_be_right_is_only_noted(change: dict[str, object], note: str) -> None:
    (said,) = notes(replace(FITTING, **change), WANTED)  # type: ignore[arg-type]
    assert said.startswith(note)
