import time

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from azureml_emulator.azure.arm.online_endpoints.endpoints import KIND, new_endpoint, path_of, view
from azureml_emulator.azure.arm.online_endpoints.shapes import Endpoint, Name, NewKeys
from azureml_emulator.azure.arm.resources import accepted, done
from azureml_emulator.azure.services.host import host_of
from azureml_emulator.azure.services.routing.credentials import token_purpose
from azureml_emulator.errors import BadRequest, Conflict
from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.shapes import checked, shortened
from azureml_emulator.server.requests.strict_route import StrictRoute
from azureml_emulator.state.credentials.tokens import service_key
from azureml_emulator.state.store import Store
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import Document, page

_TOKEN_SECONDS = 24 * 3600


async def put_endpoint(request: Request) -> JSONResponse:
    """Another share of traffic is in force with the answer: the next request is routed by it."""
    workspace, body = workspace_of(request), await read_object(request, Endpoint)
    name: str = checked(Name, request.path_params["endpoint"], "the endpoint's name")
    known = workspace.store.find(KIND, name)
    endpoint = new_endpoint(workspace, name, body, known)
    with workspace.store.transaction():
        workspace.store.put(KIND, name, endpoint)
        headers = done(workspace, "OnlineEndpoint", f"{workspace.scope}/{path_of(name)}")
    return JSONResponse(view(workspace, endpoint), 200 if known else 201, headers)


async def get_endpoint(request: Request) -> JSONResponse:
    return JSONResponse(view(workspace_of(request), endpoint_of(request)))


async def list_endpoints(request: Request) -> JSONResponse:
    workspace = workspace_of(request)
    return JSONResponse(page([view(workspace, endpoint) for endpoint in workspace.store.all(KIND)]))


async def delete_endpoint(request: Request) -> Response:
    """With its deployments, whatever traffic they have."""
    workspace, host, name = workspace_of(request), host_of(request), request.path_params["endpoint"]
    if workspace.store.find(KIND, name) is None:
        return Response(status_code=204)
    names = [service["name"] for service in deployments_of(workspace.store, name)]
    if busy := [one for one in names if host.is_busy(one)]:
        raise Conflict(f"deployment '{busy[0]}' has an operation in progress; try again when it has ended")
    with workspace.store.transaction():
        workspace.store.delete(KIND, name)
        for one in names:
            workspace.store.delete("service", one)
        operation = workspace.operations.start("OnlineEndpoint")
    host.end(names, operation)
    return Response(status_code=202, headers=accepted(workspace, operation))


async def list_keys(request: Request) -> JSONResponse:
    endpoint = endpoint_of(request)
    if not endpoint["authEnabled"]:
        raise BadRequest(f"endpoint '{endpoint['name']}' asks for tokens, not for keys: its authMode is not Key")
    return JSONResponse(endpoint["_keys"])


async def regenerate_keys(request: Request) -> Response:
    workspace, body = workspace_of(request), await read_object(request, NewKeys)
    endpoint = endpoint_of(request)
    key = f"{body['keyType'].lower()}Key"
    if key not in endpoint["_keys"]:
        raise BadRequest(f"keyType must be Primary or Secondary, not {shortened(body['keyType'])}")
    given, known = body.get("keyValue"), endpoint["_keys"][key]
    # SDK v2 sends the key that there is, and means another.
    endpoint["_keys"][key] = given if given and given != known else service_key()
    with workspace.store.transaction():
        workspace.store.put(KIND, endpoint["name"], endpoint)
        headers = done(workspace, "OnlineEndpointKeys")
    return Response(status_code=202, headers=headers)


async def issue_token(request: Request) -> JSONResponse:
    endpoint = endpoint_of(request)
    if not endpoint["aadAuthEnabled"]:
        raise BadRequest(f"endpoint '{endpoint['name']}' takes no tokens of its own: its authMode is not AMLToken")
    token = workspace_of(request).tokens.issue(token_purpose(endpoint), _TOKEN_SECONDS)
    moment = int(time.time())
    times = {"refreshAfterTimeUtc": moment + _TOKEN_SECONDS // 2, "expiryTimeUtc": moment + _TOKEN_SECONDS}
    return JSONResponse({"accessToken": token, "tokenType": "Bearer", **times})


def endpoint_of(request: Request) -> Document:
    return workspace_of(request).store.get(KIND, request.path_params["endpoint"])


def deployments_of(store: Store, endpoint: str) -> list[Document]:
    """As the engine has them, in the order in which they were made."""
    return [service for service in store.all("service") if service["name"].startswith(f"{endpoint}/")]


_ENDPOINTS = "/arm/onlineEndpoints"
_ENDPOINT = _ENDPOINTS + "/{endpoint}"
routes = [
    StrictRoute(_ENDPOINTS, list_endpoints),
    StrictRoute(_ENDPOINT, put_endpoint, ["PUT"]),
    StrictRoute(_ENDPOINT, get_endpoint),
    StrictRoute(_ENDPOINT, delete_endpoint, ["DELETE"]),
    StrictRoute(_ENDPOINT + "/listKeys", list_keys, ["POST"]),
    StrictRoute(_ENDPOINT + "/regenerateKeys", regenerate_keys, ["POST"]),
    StrictRoute(_ENDPOINT + "/token", issue_token, ["POST"]),
]
