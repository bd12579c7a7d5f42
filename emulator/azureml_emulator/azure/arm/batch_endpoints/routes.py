from starlette.requests import Request
from starlette.responses import JSONResponse

from azureml_emulator.azure.arm.batch_endpoints.documents import (
    DEPLOYMENT,
    ENDPOINT,
    deployment_of,
    new_deployment,
    new_endpoint,
    view,
)
from azureml_emulator.azure.arm.batch_endpoints.invocation import invoke, jobs_of, read_invocation
from azureml_emulator.azure.arm.batch_endpoints.shapes import Deployment, Endpoint
from azureml_emulator.azure.arm.jobs.submission import hosts_of
from azureml_emulator.errors import BadRequest, Conflict
from azureml_emulator.execution.executor import executor_of
from azureml_emulator.server.asynchronous import done
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.refusals import Refusal
from azureml_emulator.server.requests.strict_route import StrictRoute
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import Document, page

_DEPLOYMENT_HEADER = "azureml-model-deployment"
_REQUEST_ID = "repeatability_request-id"
"""SDK v2 sends a request again after a connection broke: with the same id."""


async def put_endpoint(request: Request) -> JSONResponse:
    workspace, name = workspace_of(request), request.path_params["endpoint"]
    body, known = await read_object(request, Endpoint), workspace.store.find(ENDPOINT, name)
    with workspace.store.transaction():
        endpoint = workspace.store.put(ENDPOINT, name, new_endpoint(workspace, name, body, known))
        headers = done(workspace, "PutBatchEndpoint", f"batchEndpoints/{name}")
    return JSONResponse(view(workspace, endpoint), 200 if known else 201, headers)


async def get_endpoint(request: Request) -> JSONResponse:
    return JSONResponse(view(workspace_of(request), _endpoint(request)))


async def list_endpoints(request: Request) -> JSONResponse:
    workspace = workspace_of(request)
    return JSONResponse(page(view(workspace, endpoint) for endpoint in workspace.store.all(ENDPOINT)))


async def delete_endpoint(request: Request) -> JSONResponse:
    """Its deployments go with it; the jobs that it started stay."""
    workspace, name = workspace_of(request), _endpoint(request)["name"]
    with workspace.store.transaction():
        workspace.store.delete(ENDPOINT, name)
        for deployment in _deployments(workspace.store, name):
            workspace.store.delete(DEPLOYMENT, f"{name}/{deployment['name']}")
        headers = done(workspace, "DeleteBatchEndpoint", f"batchEndpoints/{name}")
    return JSONResponse({}, 202, headers)


async def put_deployment(request: Request) -> JSONResponse:
    workspace, name = workspace_of(request), request.path_params["deployment"]
    body, endpoint = await read_object(request, Deployment), _endpoint(request)["name"]
    known = workspace.store.find(DEPLOYMENT, f"{endpoint}/{name}")
    with workspace.store.transaction():
        made = new_deployment(workspace, endpoint, name, body, known)
        workspace.store.put(DEPLOYMENT, f"{endpoint}/{name}", made)
        headers = done(workspace, "PutBatchDeployment", f"batchEndpoints/{endpoint}/deployments/{name}")
    return JSONResponse(made, 200 if known else 201, headers)


async def get_deployment(request: Request) -> JSONResponse:
    return JSONResponse(_deployment(request))


async def list_deployments(request: Request) -> JSONResponse:
    return JSONResponse(page(_deployments(workspace_of(request).store, _endpoint(request)["name"])))


async def delete_deployment(request: Request) -> JSONResponse:
    workspace, endpoint, name = workspace_of(request), _endpoint(request), _deployment(request)["name"]
    if endpoint["properties"]["defaults"]["deploymentName"] == name:
        raise Conflict(f"deployment '{name}' is the default of '{endpoint['name']}': give that another default first")
    with workspace.store.transaction():
        workspace.store.delete(DEPLOYMENT, f"{endpoint['name']}/{name}")
        headers = done(workspace, "DeleteBatchDeployment", f"batchEndpoints/{endpoint['name']}/deployments/{name}")
    return JSONResponse({}, 202, headers)


async def invoke_endpoint(request: Request) -> JSONResponse:
    """By the deployment that a header names, or by the default."""
    executor_of(request).expect()
    sent, endpoint = read_invocation(await read_object(request)), _endpoint(request)
    chosen = request.headers.get(_DEPLOYMENT_HEADER) or endpoint["properties"]["defaults"]["deploymentName"]
    if not chosen:
        raise BadRequest(f"batch endpoint '{endpoint['name']}' has no default: name a deployment, or set one")
    job = invoke(hosts_of(request), endpoint, chosen, sent, request.headers.get(_REQUEST_ID))
    return JSONResponse(job, 201)


async def list_jobs(request: Request) -> JSONResponse:
    workspace, endpoint = workspace_of(request), _endpoint(request)["name"]
    deployment = _deployment(request)["name"] if "deployment" in request.path_params else None
    return JSONResponse(page(jobs_of(workspace, endpoint, deployment)))


def _endpoint(request: Request) -> Document:
    return workspace_of(request).store.get(ENDPOINT, request.path_params["endpoint"])


def _deployment(request: Request) -> Document:
    return deployment_of(workspace_of(request), request.path_params["endpoint"], request.path_params["deployment"])


def _deployments(store: Store, endpoint: str) -> list[Document]:
    prefix = f"/batchEndpoints/{endpoint}/deployments/"
    return [one for one in store.all(DEPLOYMENT, prefix) if prefix in one["id"]]


_ENDPOINT = "/arm/batchEndpoints/{endpoint}"
_DEPLOYMENT = _ENDPOINT + "/deployments/{deployment}"
_JOBS = "/mferp/managementfrontend/batchEndpoints/{endpoint}"
routes = [
    StrictRoute("/arm/batchEndpoints", list_endpoints),
    StrictRoute(_ENDPOINT, put_endpoint, methods=["PUT"]),
    StrictRoute(_ENDPOINT, get_endpoint),
    StrictRoute(_ENDPOINT, delete_endpoint, methods=["DELETE"]),
    StrictRoute(_ENDPOINT + "/deployments", list_deployments),
    StrictRoute(_DEPLOYMENT, put_deployment, methods=["PUT"]),
    StrictRoute(_DEPLOYMENT, get_deployment),
    StrictRoute(_DEPLOYMENT, delete_deployment, methods=["DELETE"]),
    StrictRoute("/batch/{endpoint}/jobs", invoke_endpoint, methods=["POST"]),
    StrictRoute(_JOBS + "/jobs", list_jobs),
    StrictRoute(_JOBS + "/deployments/{deployment}/jobs", list_jobs),
    Refusal(_ENDPOINT + "/listkeys", "batch endpoints have no keys: they take tokens", ["POST"]),
]
