from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from azureml_emulator.azure.arm.online_endpoints.deployments import change_between, new_deployment, view
from azureml_emulator.azure.arm.online_endpoints.endpoint_routes import deployments_of, endpoint_of
from azureml_emulator.azure.arm.online_endpoints.endpoints import KIND, path_of
from azureml_emulator.azure.arm.online_endpoints.shapes import Deployment, Logs, Name
from azureml_emulator.azure.arm.resources import accepted, done
from azureml_emulator.azure.computes.gpus import gpu_refusal
from azureml_emulator.azure.services.documents import revision
from azureml_emulator.azure.services.host import host_of
from azureml_emulator.azure.services.insights import insights_note
from azureml_emulator.errors import BadRequest, Conflict, NotFound, NotSupported
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.shapes import checked, shortened
from azureml_emulator.server.requests.strict_route import StrictRoute
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.testing.faults.faults import failure_of, routing_lag_of
from azureml_emulator.wire import Document, page

_LINES = 5000
_SERVER = "InferenceServer"


async def put_deployment(request: Request) -> JSONResponse:
    """Creates it, or brings its replicas to what it says now: by a rolling update, or where only their number or the
    router's limits are others, without a restart.
    """
    workspace, body = workspace_of(request), await read_object(request, Deployment)
    endpoint = endpoint_of(request)
    name: str = checked(Name, request.path_params["deployment"], "the deployment's name")
    _refuse_while_busy(request)
    known = workspace.store.find("service", _service_name(request))
    service = new_deployment(workspace, endpoint, name, body, known)
    if problem := gpu_refusal(workspace, service):
        raise BadRequest(problem, code="KubernetesUnschedulable")
    change = change_between(known, service) if known and known["state"] == "Healthy" else "replace"
    if change is None and failure_of(request) is None:
        return _changed_at_once(request, known or {}, service)
    if known:  # what answers now is what it is again, should the update fail
        runs = host_of(request).pool.replicas(service["name"])
        service |= {"state": "Transitioning", **({"_before": revision(known)} if runs else {})}
    with workspace.store.transaction():
        workspace.store.put("service", service["name"], service)
        operation = workspace.operations.start("OnlineDeployment", _path(request))
    _begin(request, service["name"], change, operation)
    return JSONResponse(view(workspace, service), 200 if known else 201, accepted(workspace, operation))


def _begin(request: Request, name: str, change: str | None, operation: str) -> None:
    host, failure = host_of(request), failure_of(request)
    if lag := routing_lag_of(request):
        host.lags.expect(name, *lag)
    if change == "resize" and not failure:
        host.resize(name, operation)
    else:
        host.roll_out(name, operation, failure)


def _changed_at_once(request: Request, known: Document, service: Document) -> JSONResponse:
    workspace, name = workspace_of(request), service["name"]
    with workspace.store.transaction():
        workspace.store.put("service", name, service)
        headers = done(workspace, "OnlineDeployment", _path(request))
    if service["appInsightsEnabled"] != known["appInsightsEnabled"]:
        host_of(request).note(name, insights_note(service))
    return JSONResponse(view(workspace, service), 200, headers)


async def get_deployment(request: Request) -> JSONResponse:
    return JSONResponse(view(workspace_of(request), _deployment(request)))


async def list_deployments(request: Request) -> JSONResponse:
    workspace, endpoint = workspace_of(request), endpoint_of(request)
    found = deployments_of(workspace.store, endpoint["name"])
    return JSONResponse(page([view(workspace, service) for service in found]))


async def delete_deployment(request: Request) -> Response:
    """Its last requests are answered first. Raises BadRequest while it has traffic."""
    workspace, name = workspace_of(request), _service_name(request)
    if workspace.store.find("service", name) is None:
        return Response(status_code=204)
    _refuse_while_busy(request)
    if share := endpoint_of(request)["traffic"].get(request.path_params["deployment"]):
        raise BadRequest(f"deployment '{name}' has {share} percent of the traffic: give that to others first")
    with workspace.store.transaction():
        workspace.store.delete("service", name)
        operation = workspace.operations.start("OnlineDeployment")
        _forget_share(request)
    host_of(request).end([name], operation)
    return Response(status_code=202, headers=accepted(workspace, operation))


async def get_logs(request: Request) -> JSONResponse:
    body, service = await read_object(request, Logs), _deployment(request)
    if (kind := body.get("containerType")) not in (None, _SERVER):
        raise NotSupported(f"logs of the container {shortened(kind)}: there is none but {_SERVER}")
    lines, tail = host_of(request).log_text(service["name"]).splitlines(), body.get("tail")
    tail = _LINES if tail is None else tail
    return JSONResponse({"content": "\n".join(lines[max(len(lines) - tail, 0) :])})


def _service_name(request: Request) -> str:
    return f"{request.path_params['endpoint']}/{request.path_params['deployment']}"


def _path(request: Request) -> str:
    """As operations name the deployment that they are about."""
    endpoint, name = request.path_params["endpoint"], request.path_params["deployment"]
    return f"{workspace_of(request).scope}/{path_of(endpoint)}/deployments/{name}"


def _deployment(request: Request) -> Document:
    endpoint_of(request)
    found = workspace_of(request).store.find("service", _service_name(request))
    if found is None:
        raise NotFound(
            f"deployment '{request.path_params['deployment']}' not found in endpoint "
            f"'{request.path_params['endpoint']}'"
        )
    return found


def _refuse_while_busy(request: Request) -> None:
    if host_of(request).is_busy(name := _service_name(request)):
        raise Conflict(f"deployment '{name}' has an operation in progress; try again when it has ended")


def _forget_share(request: Request) -> None:
    """Of nothing: a client that sends back the traffic that it was answered is not to name what is gone."""
    endpoint, name = endpoint_of(request), request.path_params["deployment"]
    if name in endpoint["traffic"]:
        del endpoint["traffic"][name]
        endpoint["resource"]["properties"]["traffic"].pop(name, None)
        workspace_of(request).store.put(KIND, endpoint["name"], endpoint)


_DEPLOYMENTS = "/arm/onlineEndpoints/{endpoint}/deployments"
_DEPLOYMENT = _DEPLOYMENTS + "/{deployment}"
routes = [
    StrictRoute(_DEPLOYMENTS, list_deployments),
    StrictRoute(_DEPLOYMENT, put_deployment, ["PUT"]),
    StrictRoute(_DEPLOYMENT, get_deployment),
    StrictRoute(_DEPLOYMENT, delete_deployment, ["DELETE"]),
    StrictRoute(_DEPLOYMENT + "/getLogs", get_logs, ["POST"]),
]
