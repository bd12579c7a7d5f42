"""AKS clusters as Azure Resource Manager tells of them: made up of what is asked for, to be looked at and attached.

They stand in the workspace's resource group. Those of other groups are elsewhere: nothing is known of them here.
"""

import re

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.azure.computes.shapes import ManagedCluster
from azureml_emulator.azure.computes.sizes import check_size
from azureml_emulator.errors import BadRequest, Conflict, NotFound
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import LOCATION, RESOURCE_GROUP, SUBSCRIPTION, workspace_of
from azureml_emulator.wire import Document

_KIND = "managedCluster"
_TYPE = "Microsoft.ContainerService/managedClusters"
_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}/"
_NAME = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?")
_KUBERNETES = "1.35.1"


def cluster_id(name: str) -> str:
    return f"{_GROUP}providers/{_TYPE}/{name}"


async def put_cluster(request: Request) -> JSONResponse:
    """Make a cluster, or another of the same name: nothing of it runs, so nothing has to be moved."""
    store, name = workspace_of(request).store, _asked_name(request)
    body = await read_object(request, ManagedCluster)
    if (user := _attached_as(store, name)) is not None:
        raise Conflict(f"AKS cluster '{name}' is attached as compute '{user}': detach that first")
    there = store.find(_KIND, name.lower()) is not None
    cluster = store.put(_KIND, name.lower(), _new_cluster(name, body))
    return JSONResponse(cluster, 200 if there else 201)


async def get_cluster(request: Request) -> JSONResponse:
    name = _asked_name(request)
    found = workspace_of(request).store.find(_KIND, name.lower())
    if found is None:
        raise _not_found(name, RESOURCE_GROUP)
    return JSONResponse(found)


def find_pool(store: Store, resource_id: str) -> Document | None:
    """The pool of nodes that serves, of a cluster that was made up; None for one that is a name only."""
    if not resource_id.lower().startswith(_GROUP.lower()):
        return None
    cluster = store.find(_KIND, resource_id.rpartition("/")[2].lower())
    if cluster is None:
        return None
    pools: list[Document] = cluster["properties"]["agentPoolProfiles"]
    return next((pool for pool in pools if not pool.get("nodeTaints")), pools[0])


def _asked_name(request: Request) -> str:
    asked, name = request.path_params, str(request.path_params["name"])
    if (asked["subscription"], asked["group"].lower()) != (SUBSCRIPTION, RESOURCE_GROUP):
        raise _not_found(name, asked["group"])
    return name


def _not_found(name: str, group: str) -> NotFound:
    """In the words of Azure Resource Manager."""
    said = f"The Resource '{_TYPE}/{name}' under resource group '{group}' was not found."
    return NotFound(said, code="ResourceNotFound")


def _attached_as(store: Store, name: str) -> str | None:
    wanted = cluster_id(name).lower()
    computes = (compute for compute in store.all("compute") if compute["properties"]["isAttachedCompute"])
    return next((one["name"] for one in computes if one["properties"]["resourceId"].lower() == wanted), None)


def _new_cluster(name: str, body: Document) -> Document:
    """Raises BadRequest for what AKS refuses."""
    if not _NAME.fullmatch(name):
        raise BadRequest(f"'{name}' is no name of an AKS cluster: 1 to 63 letters, digits, '_' and '-'")
    asked = body["properties"]
    network = {"loadBalancerSku": "standard"} | (asked.get("networkProfile") or {})
    sku = str(network["loadBalancerSku"])
    if sku.lower() != "standard":
        raise BadRequest(f"Load Balancer SKU '{sku}' is invalid; must use 'standard'.", code="InvalidLoadBalancerSku")
    for pool in asked["agentPoolProfiles"]:
        check_size(pool["vmSize"])
    version = asked.get("kubernetesVersion") or _KUBERNETES
    properties = {"disableLocalAccounts": False} | asked | {"networkProfile": network, "kubernetesVersion": version}
    properties |= {"provisioningState": "Succeeded", "powerState": {"code": "Running"}}
    properties |= {"currentKubernetesVersion": version}
    identity = {"id": cluster_id(name), "name": name, "type": _TYPE, "location": body.get("location") or LOCATION}
    return body | identity | {"properties": properties}


_CLUSTER = "/subscriptions/{subscription}/resourceGroups/{group}/providers/" + _TYPE + "/{name}"
routes = [Route(_CLUSTER, put_cluster, methods=["PUT"]), Route(_CLUSTER, get_cluster)]
