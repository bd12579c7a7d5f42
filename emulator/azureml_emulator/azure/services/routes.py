"""The control plane of services: create, update, delete, keys and logs."""

import time
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from azureml_emulator.azure.assets.models.registry import has_all
from azureml_emulator.azure.computes.gpus import gpu_refusal
from azureml_emulator.azure.services.documents import change_of, new_service, patched, revision, view, web_services
from azureml_emulator.azure.services.host import host_of
from azureml_emulator.azure.services.insights import insights_note
from azureml_emulator.azure.services.routing.credentials import token_purpose
from azureml_emulator.azure.services.scheduling.failure import refusal_before
from azureml_emulator.azure.services.shapes import NewKey, Service
from azureml_emulator.azure.services.specification import operation_view, specified
from azureml_emulator.errors import BadRequest, Conflict, NotSupported
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.jsonpatch import apply_patch, read_patch
from azureml_emulator.server.requests.properties import refuse_changed
from azureml_emulator.server.requests.query import number_of
from azureml_emulator.state.credentials.tokens import service_key
from azureml_emulator.state.workspace import LocalWorkspace, workspace_of
from azureml_emulator.testing.faults.faults import failure_of, routing_lag_of
from azureml_emulator.wire import Document

_BASE = "/modelmanagement/v1.0"
_FILTERS = ("computeType", "modelName", "modelId", "tags", "properties", "expand")
_LINES = 5000
_TOKEN_SECONDS = 24 * 3600
"""The SDK asks for another after half of it, and takes the rest as time in which that may fail."""


async def validate_name(request: Request) -> JSONResponse:
    name = request.path_params["service"]
    if workspace_of(request).store.find("service", name):
        return JSONResponse(_refusal("Conflict", f"there is already a service with name {name} in this workspace"))
    return JSONResponse({})


async def validate_resources(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, Service)
    problem = gpu_refusal(workspace, body) or refusal_before(host_of(request).pool.scheduler, body)
    return JSONResponse(_refusal("KubernetesUnschedulable", problem) if problem else {})


async def validate(request: Request) -> JSONResponse:
    return JSONResponse({})


async def create(request: Request) -> JSONResponse:
    workspace, body = workspace_of(request), await read_object(request, Service)
    name = body["name"]
    _refuse_while_busy(request, name)
    existing = workspace.store.find("service", name)
    if existing and not body.get("overwrite"):
        raise Conflict(f"service '{name}' exists; update it or deploy with overwrite=True")
    service = new_service(workspace.store, body)
    if problem := gpu_refusal(workspace, service):
        raise BadRequest(problem, code="KubernetesUnschedulable")
    if existing:
        await host_of(request).remove(name)
    workspace.store.put("service", name, service)
    return _started(request, service)


async def get_service(request: Request) -> Response:
    workspace = workspace_of(request)
    return JSONResponse(_answer(workspace, workspace.store.get("service", request.path_params["service"])))


async def list_services(request: Request) -> JSONResponse:
    workspace, query = workspace_of(request), request.query_params
    if unknown := sorted(key for key, value in query.items() if value and key not in _FILTERS):
        raise NotSupported(f"the service filter {', '.join(unknown)}")
    services = [service for service in web_services(workspace.store) if _matches(service, query)]
    return JSONResponse({"value": [_answer(workspace, service) for service in services]})


def _matches(service: Document, query: Mapping[str, str]) -> bool:
    if query.get("computeType", service["computeType"]).upper() != service["computeType"]:
        return False
    for key, field in (("modelName", "name"), ("modelId", "id")):
        if query.get(key) and query[key] not in [model[field] for model in service["models"]]:
            return False
    pairs = [(service["kvTags"] or {}, query.get("tags")), (service["properties"] or {}, query.get("properties"))]
    return all(has_all(values, wanted) for values, wanted in pairs if wanted)


async def patch(request: Request) -> JSONResponse:
    workspace, name = workspace_of(request), request.path_params["service"]
    operations = await read_patch(request)
    service = workspace.store.get("service", name)
    _refuse_while_busy(request, name)
    before, paths = revision(service), [operation["path"] for operation in operations]
    properties = dict(service["properties"] or {})
    apply_patch(service, operations)
    service["properties"] = service.get("properties") or {}
    refuse_changed(f"service {name}", properties, service["properties"])
    service = patched(workspace.store, service, paths)
    if problem := gpu_refusal(workspace, service):
        raise BadRequest(problem, code="KubernetesUnschedulable")
    change = change_of(paths)
    if change is None and failure_of(request) is None:
        workspace.store.put("service", name, service)
        if "/appInsightsEnabled" in paths:
            host_of(request).note(name, insights_note(service))
        operation = workspace.operations.start("Service", _location(workspace, name))
        workspace.operations.finish(operation)
        return _accepted(workspace, service, operation)
    workspace.store.put("service", name, service | {"state": "Transitioning", "_before": before})
    return _started(request, service, change)


async def delete(request: Request) -> Response:
    workspace, name = workspace_of(request), request.path_params["service"]
    if not workspace.store.find("service", name):
        return Response(status_code=204)
    _refuse_while_busy(request, name)
    workspace.store.delete("service", name)
    await host_of(request).remove(name)
    return JSONResponse({})


async def list_keys(request: Request) -> JSONResponse:
    service = workspace_of(request).store.get("service", request.path_params["service"])
    if service["aadAuthEnabled"]:
        raise BadRequest(f"service '{service['name']}' asks for tokens, not for keys: get_access_token()")
    return JSONResponse(service["_keys"])


async def issue_token(request: Request) -> JSONResponse:
    workspace = workspace_of(request)
    service = workspace.store.get("service", request.path_params["service"])
    if not service["aadAuthEnabled"]:
        raise BadRequest(f"service '{service['name']}' has no token authentication: deploy it with token_auth_enabled")
    token = workspace.tokens.issue(token_purpose(service), _TOKEN_SECONDS)
    moment = int(time.time())
    times = {"refreshAfter": moment + _TOKEN_SECONDS // 2, "expiryOn": moment + _TOKEN_SECONDS}
    return JSONResponse({"accessToken": token, "tokenType": "Bearer", **times})


async def regenerate_key(request: Request) -> JSONResponse:
    workspace, name = workspace_of(request), request.path_params["service"]
    body, service = await read_object(request, NewKey), workspace.store.get("service", name)
    key = f"{body['keyType'].lower()}Key"
    if key not in service["_keys"]:
        raise BadRequest(f"keyType '{body['keyType']}' is neither Primary nor Secondary")
    service["_keys"][key] = body.get("keyValue") or service_key()
    workspace.store.put("service", name, service)
    operation = workspace.operations.start("Keys", _location(workspace, name))
    workspace.operations.finish(operation)
    return _accepted(workspace, service, operation)


async def get_logs(request: Request) -> JSONResponse:
    name = request.path_params["service"]
    workspace_of(request).store.get("service", name)
    if request.query_params.get("init", "").lower() == "true":
        raise NotSupported("init containers, whose log get_logs(init=True) asks for")
    lines, tail = host_of(request).log_text(name).splitlines(), number_of(request.query_params, "tail", _LINES)
    return JSONResponse({"content": "\n".join(lines[max(len(lines) - tail, 0) :])})


async def get_operation(request: Request) -> JSONResponse:
    return JSONResponse(operation_view(await workspace_of(request).operations.wait(request.path_params["operation"])))


def _started(request: Request, service: Document, change: str | None = "replace") -> JSONResponse:
    workspace, host = workspace_of(request), host_of(request)
    operation = workspace.operations.start("Service", _location(workspace, service["name"]))
    failure = failure_of(request)
    if lag := routing_lag_of(request):
        host.lags.expect(service["name"], *lag)
    if change == "resize" and not failure:
        host.resize(service["name"], operation)
    else:
        host.roll_out(service["name"], operation, failure)
    return _accepted(workspace, service, operation)


def _accepted(workspace: LocalWorkspace, service: Document, operation: str) -> JSONResponse:
    store, last = workspace.store, {"operationId": operation}
    store.put("service", service["name"], store.get("service", service["name"]) | last)
    location = f"{workspace.address.http}{_BASE}{workspace.scope}/operations/{operation}"
    return JSONResponse(_answer(workspace, service | last), 202, {"Operation-Location": location})


def _answer(workspace: LocalWorkspace, service: Document) -> Document:
    return specified(view(workspace, service))


def _location(workspace: LocalWorkspace, name: str) -> str:
    """As operations name the service that they are about."""
    return f"{workspace.scope}/services/{name}"


def _refuse_while_busy(request: Request, name: str) -> None:
    if host_of(request).is_busy(name):
        raise Conflict(f"service '{name}' has an operation in progress; try again when it has ended")


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
    Route(_BASE + "/services/{service}/token", issue_token, methods=["POST"]),
    Route(_BASE + "/services/{service}/logs", get_logs),
    Route(_BASE + "/operations/{operation}", get_operation),
]
