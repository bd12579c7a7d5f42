from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from typing_extensions import Required, TypedDict

from azureml_emulator.server.requests.body import read_object
from azureml_emulator.server.requests.shapes import Items, Reference
from azureml_emulator.state.vault import Secret
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import Document, page


class NamedSecret(TypedDict):
    name: Reference


class WrittenSecret(TypedDict, total=False):
    name: Required[Reference]
    value: Required[str]
    contentType: Reference | None


class Names(TypedDict):
    secrets: Items[NamedSecret]


class Written(TypedDict):
    secrets: Items[WrittenSecret]


async def put_secret(request: Request) -> JSONResponse:
    secret = _secret(await read_object(request, WrittenSecret))
    workspace_of(request).vault.put([secret])
    return JSONResponse(_listed(secret))


async def put_secrets(request: Request) -> JSONResponse:
    secrets = [_secret(one) for one in (await read_object(request, Written))["secrets"]]
    workspace_of(request).vault.put(secrets)
    return JSONResponse({"secrets": [_listed(secret) for secret in secrets], "notFoundSecrets": []})


async def get_secret(request: Request) -> JSONResponse:
    secret = workspace_of(request).vault.get(request.path_params["secret"])
    return JSONResponse(_listed(secret) | {"value": secret.value})


async def get_secrets(request: Request) -> JSONResponse:
    vault = workspace_of(request).vault
    names = [one["name"] for one in (await read_object(request, Names))["secrets"]]
    # The SDK files what comes back under the name that comes with it: it must be the one that it asked for.
    found = {name: secret for name in names if (secret := vault.find(name))}
    values = [_listed(secret) | {"name": name, "value": secret.value} for name, secret in found.items()]
    return JSONResponse({"secrets": values, "notFoundSecrets": [name for name in names if name not in found]})


async def list_secrets(request: Request) -> JSONResponse:
    return JSONResponse(page(_listed(secret) for secret in workspace_of(request).vault.all()))


async def delete_secret(request: Request) -> JSONResponse:
    workspace_of(request).vault.delete(request.path_params["secret"])
    return JSONResponse({})


def _secret(body: Document) -> Secret:
    return Secret(body["name"], body["value"], body.get("contentType"))


def _listed(secret: Secret) -> Document:
    return {"name": secret.name, "contentType": secret.content_type}


_BASE = "/credential/v2.0/secrets"
routes = [
    Route(_BASE, put_secret, methods=["PUT"]),
    Route(_BASE, list_secrets),
    Route(_BASE + ":putbatch", put_secrets, methods=["PUT"]),
    Route(_BASE + ":getbatch", get_secrets, methods=["POST"]),
    Route(_BASE + "/{secret}", get_secret),
    Route(_BASE + "/{secret}", delete_secret, methods=["DELETE"]),
]
