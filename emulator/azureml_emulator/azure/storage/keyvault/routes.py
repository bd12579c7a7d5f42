from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.errors import BadRequest
from azureml_emulator.server.body import a_text, objects, read_object
from azureml_emulator.state.vault import Secret
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.wire import Document, page


async def put_secret(request: Request) -> JSONResponse:
    secret = _secret(await read_object(request))
    workspace_of(request).vault.put([secret])
    return JSONResponse(_listed(secret))


async def put_secrets(request: Request) -> JSONResponse:
    secrets = [_secret(one) for one in await _entries(request)]
    workspace_of(request).vault.put(secrets)
    return JSONResponse({"secrets": [_listed(secret) for secret in secrets], "notFoundSecrets": []})


async def get_secret(request: Request) -> JSONResponse:
    secret = workspace_of(request).vault.get(request.path_params["secret"])
    return JSONResponse(_listed(secret) | {"value": secret.value})


async def get_secrets(request: Request) -> JSONResponse:
    vault = workspace_of(request).vault
    names = [a_text(one["name"], "the name of a secret") for one in await _entries(request)]
    # The SDK files what comes back under the name that comes with it: it must be the one that it asked for.
    found = {name: secret for name in names if (secret := vault.find(name))}
    values = [_listed(secret) | {"name": name, "value": secret.value} for name, secret in found.items()]
    return JSONResponse({"secrets": values, "notFoundSecrets": [name for name in names if name not in found]})


async def list_secrets(request: Request) -> JSONResponse:
    return JSONResponse(page(_listed(secret) for secret in workspace_of(request).vault.all()))


async def delete_secret(request: Request) -> JSONResponse:
    workspace_of(request).vault.delete(request.path_params["secret"])
    return JSONResponse({})


async def _entries(request: Request) -> list[Document]:
    return objects((await read_object(request))["secrets"], "secrets", "one of the secrets")


def _secret(body: Document) -> Secret:
    if not isinstance(body["value"], str):
        raise BadRequest(f"the value of secret '{body['name']}' is not text")
    kind = body.get("contentType")
    return Secret(str(body["name"]), body["value"], None if kind is None else a_text(kind, "contentType"))


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
