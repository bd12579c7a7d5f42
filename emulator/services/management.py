"""The control plane of services: create, update, delete, keys and logs."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulator.compute.gpus import cluster_gpus, gpus_in_use, gpus_wanted
from emulator.errors import BadRequest, Conflict, NotSupported
from emulator.services.documents import models_of, needs_rollout, new_service, revision, view
from emulator.services.host import host_of
from emulator.tokens import service_key
from emulator.wire import Document, apply_patch, now
from emulator.workspace import LocalWorkspace, workspace_of

_BASE = "/modelmanagement/v1.0"


async def validate_name(request: Request) -> JSONResponse:
    name = request.path_params["service"]
    if workspace_of(request).store.find("service", name):
        return JSONResponse(_refusal("Conflict", f"there is already a service with name {name} in this workspace"))
    return JSONResponse({})


async def validate_resources(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await request.json()
    problem = _gpu_shortage(workspace, body)
    return JSONResponse(_refusal("KubernetesUnschedulable", problem) if problem else {})


async def validate(request: Request) -> JSONResponse:
    return JSONResponse({})


async def create(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await request.json()
    name = body["name"]
    _refuse_while_busy(request, name)
    existing = workspace.store.find("service", name)
    if existing and not body.get("overwrite"):
        raise Conflict(f"service '{name}' exists; update it or deploy with overwrite=True")
    service = new_service(workspace.store, body)
    if problem := _gpu_shortage(workspace, service):
        raise BadRequest(problem, code="KubernetesUnschedulable")
    if existing:
        await host_of(request).remove(name)
    workspace.store.put("service", name, service)
    return _started(request, service)


async def get_service(request: Request) -> Response:
    workspace = workspace_of(request)
    return JSONResponse(view(workspace, workspace.store.get("service", request.path_params["service"])))


async def list_services(request: Request) -> JSONResponse:
    workspace, query = workspace_of(request), request.query_params
    services = workspace.store.all("service")
    if wanted := query.get("computeType"):
        services = [service for service in services if service["computeType"].lower() == wanted.lower()]
    return JSONResponse({"value": [view(workspace, service) for service in services]})


async def patch(request: Request) -> JSONResponse:
    workspace, name, operations = workspace_of(request), request.path_params["service"], await request.json()
    service = workspace.store.get("service", name)
    _refuse_while_busy(request, name)
    before = revision(service)
    apply_patch(service, operations)
    service |= {"models": models_of(workspace.store, service["environmentImageRequest"]), "updatedTime": now()}
    if service["autoScaler"].get("autoscaleEnabled") or service["aadAuthEnabled"]:
        raise NotSupported("autoscaling or token authentication of services")
    if problem := _gpu_shortage(workspace, service):
        raise BadRequest(problem, code="KubernetesUnschedulable")
    if not needs_rollout(operations):
        workspace.store.put("service", name, service)
        operation = workspace.operations.start("Service")
        workspace.operations.finish(operation)
        return _accepted(workspace, service, operation)
    workspace.store.put("service", name, service | {"state": "Transitioning", "_before": before})
    return _started(request, service)


async def delete(request: Request) -> Response:
    workspace, name = workspace_of(request), request.path_params["service"]
    if not workspace.store.find("service", name):
        return Response(status_code=204)
    _refuse_while_busy(request, name)
    workspace.store.delete("service", name)
    await host_of(request).remove(name)
    return JSONResponse({})


async def list_keys(request: Request) -> JSONResponse:
    return JSONResponse(workspace_of(request).store.get("service", request.path_params["service"])["_keys"])


async def regenerate_key(request: Request) -> JSONResponse:
    workspace, name, body = workspace_of(request), request.path_params["service"], await request.json()
    service = workspace.store.get("service", name)
    key = f"{body['keyType'].lower()}Key"
    if key not in service["_keys"]:
        raise BadRequest(f"keyType '{body['keyType']}' is neither Primary nor Secondary")
    service["_keys"][key] = body.get("keyValue") or service_key()
    workspace.store.put("service", name, service)
    operation = workspace.operations.start("Keys")
    workspace.operations.finish(operation)
    return _accepted(workspace, service, operation)


async def get_logs(request: Request) -> JSONResponse:
    name = request.path_params["service"]
    workspace_of(request).store.get("service", name)
    lines = host_of(request).log_text(name).splitlines()
    return JSONResponse({"content": "\n".join(lines[-int(request.query_params.get("tail", "5000")) :])})


async def get_operation(request: Request) -> JSONResponse:
    operation = await workspace_of(request).operations.wait(request.path_params["operation"])
    details = {"subOperationType": "DeployService", "subOperationState": operation["state"]}
    return JSONResponse(operation | {"operationType": operation["kind"], "operationDetails": details})


def _started(request: Request, service: Document) -> JSONResponse:
    workspace = workspace_of(request)
    operation = workspace.operations.start("Service")
    host_of(request).roll_out(service["name"], operation)
    return _accepted(workspace, service, operation)


def _accepted(workspace: LocalWorkspace, service: Document, operation: str) -> JSONResponse:
    location = f"{workspace.address.http}{_BASE}{workspace.scope}/operations/{operation}"
    return JSONResponse(view(workspace, service), 202, {"Operation-Location": location})


def _refuse_while_busy(request: Request, name: str) -> None:
    if host_of(request).is_busy(name):
        raise Conflict(f"service '{name}' has an operation in progress; try again when it has ended")


def _gpu_shortage(workspace: LocalWorkspace, service: Document) -> str | None:
    cluster = workspace.store.find("compute", service.get("computeName") or "")
    wanted = gpus_wanted(service)
    if not wanted or cluster is None:
        return None
    name = cluster["name"]
    free = cluster_gpus(cluster) - gpus_in_use(workspace.store, name, except_service=str(service.get("name")))
    if wanted <= free:
        return None
    size = cluster["properties"]["properties"].get("agentVmSize")
    return f"Insufficient nvidia.com/gpu: {wanted} asked for, cluster '{name}' of {size} has {max(free, 0)} free"


def _refusal(code: str, message: str) -> Document:
    return {"error": {"code": code, "message": message}}


routes = [
    Route(_BASE + "/services/validate/name/{service}", validate_name, methods=["POST"]),
    Route(_BASE + "/services/validate/resource", validate_resources, methods=["POST"]),
    Route(_BASE + "/services/validate", validate, methods=["POST"]),
    Route(_BASE + "/services", create, methods=["POST"]),
    Route(_BASE + "/services", list_services),
    Route(_BASE + "/services/{service}", get_service),
    Route(_BASE + "/services/{service}", patch, methods=["PATCH"]),
    Route(_BASE + "/services/{service}", delete, methods=["DELETE"]),
    Route(_BASE + "/services/{service}/listkeys", list_keys, methods=["POST"]),
    Route(_BASE + "/services/{service}/regenerateKeys", regenerate_key, methods=["POST"]),
    Route(_BASE + "/services/{service}/logs", get_logs),
    Route(_BASE + "/operations/{operation}", get_operation),
]
