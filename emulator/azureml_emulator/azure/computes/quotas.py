"""Usage of virtual CPUs against quotas, as Azure ML and Azure's virtual machines tell of it: two countings, one shape.

The limits are made up, the same everywhere, and nothing is refused for want of them.
https://learn.microsoft.com/rest/api/azureml/usages/list, https://learn.microsoft.com/rest/api/compute/usage/list
"""

import re

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.azure.computes.sizes import cores_and_memory
from azureml_emulator.errors import NotSupported
from azureml_emulator.server.requests.refusals import Refusal
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import Document, page

LIMIT = 100
"""Virtual CPUs of one family of sizes, and ten times as many of all together."""
_FAMILIES = {
    r"standard_nc\d+as_t4_v3": "Standard NCASv3_T4 Family",
    r"standard_nv\d+adm?s_a10_v5": "Standard NVADSA10v5 Family",
    r"standard_nc\d+ads_a100_v4": "Standard NCADSA100v4 Family",
    r"standard_nc\d+adi?s_h100_v5": "Standard NCadsH100v5 Family",
}
_OF_AML = "Microsoft.MachineLearningServices"
_CLUSTER = " Cluster Dedicated vCPUs"


async def list_aml_usages(request: Request) -> JSONResponse:
    """Of Azure ML's own quota, which the computes that run steps count against."""
    if request.query_params.get("expandChildren", "").lower() == "true":
        raise NotSupported("telling the usage of each workspace and compute (expandChildren)")
    nodes = _of_computes(workspace_of(request).store)
    families = [
        _usage(family + _CLUSTER, used, LIMIT) | {"type": f"{_OF_AML}/vmFamily/usages", "id": request.url.path}
        for family, used in _used(nodes).items()
    ]
    total = _usage("Total Cluster Dedicated Regional vCPUs", sum(map(_cores, nodes)), 10 * LIMIT)
    total |= {"type": f"{_OF_AML}/dedicatedCores/usages", "id": request.url.path}
    return JSONResponse(page([total, *families]))


async def list_machine_usages(request: Request) -> JSONResponse:
    """Of virtual machines, which the nodes of AKS clusters are."""
    nodes = _of_clusters(workspace_of(request).store)
    total = _usage("cores", sum(map(_cores, nodes)), 10 * LIMIT, "Total Regional vCPUs")
    families = [_usage(family, used, LIMIT, f"{family} vCPUs") for family, used in _used(nodes).items()]
    return JSONResponse(page([total, *families]))


def _usage(name: str, used: int, limit: int, shown: str = "") -> Document:
    names = {"value": name, "localizedValue": shown or name}
    return {"unit": "Count", "currentValue": used, "limit": limit, "name": names}


def _used(nodes: list[str]) -> dict[str, int]:
    """Virtual CPUs by family, of all families."""
    return {
        family: sum(_cores(size) for size in nodes if re.fullmatch(pattern, size.lower()))
        for pattern, family in _FAMILIES.items()
    }


def _cores(size: str) -> int:
    known = cores_and_memory(size)
    return known[0] if known else 0


def _of_computes(store: Store) -> list[str]:
    """The size of each node that is up."""
    details = (one["properties"] for one in store.all("compute") if one["properties"]["computeType"] == "AmlCompute")
    sized = (one["properties"] for one in details if one["properties"]["vmSize"])
    return [one["vmSize"] for one in sized for _ in range(one["currentNodeCount"] or 0)]


def _of_clusters(store: Store) -> list[str]:
    pools = (pool for one in store.all("managedCluster") for pool in one["properties"]["agentPoolProfiles"])
    return [pool["vmSize"] for pool in pools for _ in range(pool["count"])]


_SUBSCRIPTION = "/subscriptions/{subscription}/providers/"
_LOCATION = "/locations/{location}/"
routes = [
    Route(f"{_SUBSCRIPTION}{_OF_AML}{_LOCATION}usages", list_aml_usages),
    Route(f"{_SUBSCRIPTION}Microsoft.Compute{_LOCATION}usages", list_machine_usages),
    Refusal(f"{_SUBSCRIPTION}{_OF_AML}{_LOCATION}quotas", "nothing is counted against a quota here", ["GET"]),
]
