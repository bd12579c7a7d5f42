import hmac
import time
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.errors import Unauthorized
from azureml_emulator.server.body import read_bytes
from azureml_emulator.state.tokens import TOKEN_SECONDS
from azureml_emulator.state.workspace import workspace_of

_FORM_BYTES = 1024 * 1024


async def issue_token(request: Request) -> JSONResponse:
    """As Cloud Shell's identity endpoint (POST) and that of AmlCompute (GET, secret in a header) answer.

    The secret is a part of the path in both, because the SDK sends no header with the POST.
    """
    tokens = workspace_of(request).tokens
    if not hmac.compare_digest(request.path_params["secret"].encode(), tokens.identity_secret.encode()):
        raise Unauthorized("wrong secret in MSI_ENDPOINT: take the variables that the verb `env` prints")
    expiry = str(int(time.time()) + TOKEN_SECONDS)
    # Clients file the token under the resource that comes back: another one would make them ask each time.
    form = parse_qs((await read_bytes(request, _FORM_BYTES)).decode("utf-8", "replace"))
    resource = request.query_params.get("resource") or form.get("resource", ["local"])[0]
    answer = {"access_token": tokens.bearer("local-user"), "token_type": "Bearer", "resource": resource}
    return JSONResponse(answer | {"expires_in": str(TOKEN_SECONDS), "expires_on": expiry})


routes = [Route("/msi/{secret}/token", issue_token, methods=["GET", "POST"])]
