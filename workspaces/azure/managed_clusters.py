"""AKS clusters as Azure Resource Manager tells of them; the SDKs tell of none that isn't attached."""

from typing import Any

import requests

from workspaces.azure.arm import Arm, understanding
from workspaces.computes import ClusterId, ManagedCluster, NodePool

API_VERSION = "2024-09-01"


def find_managed_cluster(arm: Arm, cluster: ClusterId) -> ManagedCluster | None:
    """The cluster; None when there is none. HTTPError when the signed-in may not read it."""
    what = f"Reading the AKS cluster {cluster.name}"
    try:
        with understanding(what):
            return _managed_cluster(arm.read(f"{cluster}?api-version={API_VERSION}", what))
    except requests.HTTPError as error:
        if error.response is not None and error.response.status_code == requests.codes.not_found:
            return None
        raise


def _managed_cluster(document: dict[str, Any]) -> ManagedCluster:
    properties = document["properties"]
    network, access = properties.get("networkProfile") or {}, properties.get("apiServerAccessProfile") or {}
    identity = (document.get("identity") or {}).get("type") or "None"
    return ManagedCluster(
        state=properties.get("provisioningState") or "unknown",
        running=(properties.get("powerState") or {}).get("code", "Running") == "Running",
        kubernetes=properties.get("currentKubernetesVersion") or properties.get("kubernetesVersion") or "",
        load_balancer=(network.get("loadBalancerSku") or "unknown").lower(),
        local_accounts=not properties.get("disableLocalAccounts"),
        managed_identity=identity != "None",
        pools=tuple(map(_pool, properties.get("agentPoolProfiles") or ())),
        authorized_ip_ranges=tuple(access.get("authorizedIPRanges") or ()),
    )


def _pool(profile: dict[str, Any]) -> NodePool:
    return NodePool(
        name=profile["name"],
        vm_size=profile.get("vmSize") or "unknown",
        nodes=profile.get("count") or 0,
        linux=(profile.get("osType") or "Linux") == "Linux",
        taints=tuple(profile.get("nodeTaints") or ()),
    )
