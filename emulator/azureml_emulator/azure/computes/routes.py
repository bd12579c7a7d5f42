import sys

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.azure.computes import managed_clusters, quotas
from azureml_emulator.azure.computes.shapes import Change, Target
from azureml_emulator.azure.computes.sizes import vm_sizes
from azureml_emulator.azure.computes.targets import change_target, new_target, view
from azureml_emulator.errors import BadRequest, Conflict
from azureml_emulator.server.asynchronous import done
from azureml_emulator.server.requests.body import parse_json, read_json, read_object
from azureml_emulator.server.requests.refusals import Refusal
from azureml_emulator.server.requests.shapes import checked, shortened
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import Document, page


async def put_compute(request: Request) -> JSONResponse:
    """Create a compute target. Nothing has to boot, so the operation that the SDK polls has already ended."""
    workspace, name, body = workspace_of(request), request.path_params["name"], await read_object(request, Target)
    compute, is_new = new_target(workspace, name, body), workspace.store.find("compute", name) is None
    if is_new and compute["properties"]["computeType"] == "AKS" and not compute["properties"]["isAttachedCompute"]:
        print(f"compute '{name}' is {_MADE_HERE_ONLY}", file=sys.stderr, flush=True)
    workspace.store.put("compute", name, compute)
    return JSONResponse(view(workspace, compute), 201, done(workspace, "PutCompute"))


async def patch_compute(request: Request) -> JSONResponse:
    workspace, name, body = workspace_of(request), request.path_params["name"], await read_json(request)
    # AmlCompute.remove_identity encodes it twice.
    sent = parse_json(body, "the text in the body") if isinstance(body, str) else body
    compute = change_target(workspace.store.get("compute", name), checked(Change, sent))
    workspace.store.put("compute", name, compute)
    return JSONResponse(view(workspace, compute), headers=done(workspace, "PatchCompute"))


async def list_nodes(request: Request) -> JSONResponse:
    """As many as the cluster must have; what they would run, runs in processes of this machine."""
    compute = workspace_of(request).store.get("compute", request.path_params["name"])
    count = compute["properties"]["properties"].get("currentNodeCount") or 0
    address: Document = dict.fromkeys(("ipAddress", "privateIpAddress", "publicIpAddress"), "127.0.0.1")
    address |= {"port": None, "runId": None}
    nodes = [{"nodeId": f"local-{number}", "nodeState": "idle"} | address for number in range(count)]
    return JSONResponse({"nodes": nodes})


async def list_sizes(request: Request) -> JSONResponse:
    return JSONResponse({"amlCompute": vm_sizes()})


async def get_compute(request: Request) -> JSONResponse:
    workspace = workspace_of(request)
    return JSONResponse(view(workspace, workspace.store.get("compute", request.path_params["name"])))


async def list_computes(request: Request) -> JSONResponse:
    workspace = workspace_of(request)
    return JSONResponse(page([view(workspace, compute) for compute in workspace.store.all("compute")]))


async def delete_compute(request: Request) -> JSONResponse:
    """Or detach it, which is the same for a cluster that stands somewhere."""
    workspace, name = workspace_of(request), request.path_params["name"]
    _check_can_go(workspace.store.get("compute", name), request.query_params.get("underlyingResourceAction", _DELETE))
    for kind, what in (("online endpoint", "endpoint"), ("service", "service")):
        for one in workspace.store.all(kind):
            if one["computeName"] == name:
                raise Conflict(f"compute '{name}' hosts {what} '{one['name']}'; delete the {what} first")
    workspace.store.delete("compute", name)
    return JSONResponse({}, 202, done(workspace, "DeleteCompute"))


def _check_can_go(compute: Document, action: str) -> None:
    """Raises BadRequest."""
    if action.lower() not in (_DELETE, _DETACH):
        raise BadRequest(f"underlyingResourceAction must be Delete or Detach, not {shortened(action)}")
    if action.lower() == _DETACH and compute["properties"]["computeType"] == "AmlCompute":
        raise BadRequest(f"compute '{compute['name']}' is AmlCompute, which was never attached: delete it")


_DELETE, _DETACH = "delete", "detach"
_MADE_HERE_ONLY = (
    "a new AKS cluster: Azure lets Azure ML make none since 2025-03-31, because it asks for a Basic load balancer; "
    "make one with `az aks create`, and attach it"
)
_NO_INSTANCES = "there are no compute instances: use this machine"
_COMPUTE = "/arm/computes/{name}"
_SIZES = "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}/"
routes = [
    *managed_clusters.routes,
    *quotas.routes,
    Route(_COMPUTE, put_compute, methods=["PUT"]),
    Route(_COMPUTE, patch_compute, methods=["PATCH"]),
    Route(_COMPUTE, delete_compute, methods=["DELETE"]),
    Route(_COMPUTE, get_compute),
    Route(_COMPUTE + "/listNodes", list_nodes, methods=["POST"]),
    *(Refusal(f"{_COMPUTE}/{verb}", _NO_INSTANCES, ["POST"]) for verb in ("start", "stop", "restart")),
    Refusal(_COMPUTE + "/listKeys", "there is no Kubernetes cluster to have credentials of", ["POST"]),
    Refusal("/arm/checkComputeNameAvailability", _NO_INSTANCES, ["POST"]),
    Route("/arm/computes", list_computes),
    Route("/rp/workspaces/computes", list_computes),
    Route("/rp/workspaces/computes/{name}", get_compute),
    Route(_SIZES + "vmSizes", list_sizes),
]
