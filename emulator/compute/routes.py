from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from emulator.compute.gpus import is_retired
from emulator.errors import BadRequest, Conflict, NotSupported
from emulator.wire import Document, now, page
from emulator.workspace import LOCATION, RESOURCE_GROUP, SUBSCRIPTION, LocalWorkspace, workspace_of

_NODE_STATES = ("idle", "leaving", "preempted", "preparing", "running", "unusable")


async def put_compute(request: Request) -> JSONResponse:
    """Create a compute target. Nothing has to boot, so the operation that the SDK polls has already ended."""
    workspace, name, body = workspace_of(request), request.path_params["name"], await request.json()
    compute = _compute(workspace, name, body)
    workspace.store.put("compute", name, compute)
    return JSONResponse(compute, 201, _operation_header(workspace, "PutCompute"))


async def get_compute(request: Request) -> JSONResponse:
    return JSONResponse(workspace_of(request).store.get("compute", request.path_params["name"]))


async def list_computes(request: Request) -> JSONResponse:
    return JSONResponse(page(workspace_of(request).store.all("compute")))


async def delete_compute(request: Request) -> JSONResponse:
    workspace, name = workspace_of(request), request.path_params["name"]
    workspace.store.get("compute", name)
    for service in workspace.store.all("service"):
        if service["computeName"] == name:
            raise Conflict(f"compute '{name}' hosts service '{service['name']}'; delete the service first")
    workspace.store.delete("compute", name)
    return JSONResponse({}, 202, _operation_header(workspace, "DeleteCompute"))


async def get_operation(request: Request) -> JSONResponse:
    operation = await workspace_of(request).operations.wait(request.path_params["operation"])
    status = "InProgress" if operation["state"] == "Running" else operation["state"]
    return JSONResponse({"id": operation["id"], "status": status, "error": operation["error"]})


def _operation_header(workspace: LocalWorkspace, kind: str) -> dict[str, str]:
    operation = workspace.operations.start(kind)
    workspace.operations.finish(operation)
    return {"Azure-AsyncOperation": f"{workspace.address.tls}/computeoperations/{operation}"}


def _compute(workspace: LocalWorkspace, name: str, body: Document) -> Document:
    asked = body["properties"]
    makers = {"AKS": _aks, "AmlCompute": _aml_compute}
    if asked["computeType"] not in makers:
        raise NotSupported(f"the compute type {asked['computeType']}")
    if asked.get("resourceId"):
        raise NotSupported("attaching a cluster that exists elsewhere: create one here instead")
    details = makers[asked["computeType"]](name)
    details |= {key: value for key, value in (asked.get("properties") or {}).items() if value is not None}
    if "scaleSettings" in details:
        details |= _nodes_at_once(details["scaleSettings"])
    _refuse_retired(details.get("vmSize") or details.get("agentVmSize") or "")
    cluster_id = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}"
    properties = {
        "computeType": asked["computeType"],
        "computeLocation": asked.get("computeLocation") or LOCATION,
        "description": asked.get("description"),
        "createdOn": now(),
        "modifiedOn": now(),
        "provisioningState": "Succeeded",
        "provisioningErrors": None,
        "isAttachedCompute": False,
        "resourceId": f"{cluster_id}/providers/Microsoft.ContainerService/managedClusters/{name}",
        "properties": details,
    }
    compute = {
        "id": f"{workspace.scope}/computes/{name}",
        "name": name,
        "location": LOCATION,
        "tags": body.get("tags"),
        "type": "Microsoft.MachineLearningServices/workspaces/computes",
        "properties": properties,
    }
    # The SDK wants the key absent rather than null.
    return compute | ({"identity": body["identity"]} if body.get("identity") else {})


def _refuse_retired(vm_size: str) -> None:
    if is_retired(vm_size):
        raise BadRequest(
            f"virtual machine size {vm_size} is retired: use a current one, for example Standard_NC4as_T4_v3",
            code="VmSizeNotSupported",
        )


def _aks(name: str) -> Document:
    front_end = {"systemServiceType": "ScoringFrontEnd", "version": "2.0", "publicIpAddress": "127.0.0.1"}
    return {
        "agentVmSize": "Standard_D3_v2",
        "agentCount": 3,
        "clusterPurpose": "FastProd",
        "clusterFqdn": f"{name}.local",
        "systemServices": [front_end],
        "sslConfiguration": {"status": "Disabled", "cert": None, "key": None, "cname": None},
        "aksNetworkingConfiguration": None,
        "loadBalancerType": "PublicIp",
        "loadBalancerSubnet": None,
    }


def _aml_compute(_name: str) -> Document:
    return {
        "vmSize": None,
        "vmPriority": "Dedicated",
        "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 1, "nodeIdleTimeBeforeScaleDown": "PT120S"},
        "subnet": None,
        "userAccountCredentials": {"adminUserName": "azureuser"},
        "currentNodeCount": 0,
        "targetNodeCount": 0,
        "nodeStateCounts": {f"{state}NodeCount": 0 for state in _NODE_STATES},
        "allocationState": "Steady",
        "allocationStateTransitionTime": now(),
        "errors": None,
        "remoteLoginPortPublicAccess": "Disabled",
    }


def _nodes_at_once(scale: Document) -> Document:
    """The least number of nodes is there from the start: the SDK waits for them until its time is up."""
    nodes = scale.get("minNodeCount") or 0
    counts = {f"{state}NodeCount": nodes if state == "idle" else 0 for state in _NODE_STATES}
    return {"currentNodeCount": nodes, "targetNodeCount": nodes, "nodeStateCounts": counts}


routes = [
    Route("/arm/computes/{name}", put_compute, methods=["PUT"]),
    Route("/arm/computes/{name}", delete_compute, methods=["DELETE"]),
    *(Route(base + "/computes", list_computes) for base in ("/arm", "/rp/workspaces")),
    *(Route(base + "/computes/{name}", get_compute) for base in ("/arm", "/rp/workspaces")),
    Route("/computeoperations/{operation}", get_operation),
]
