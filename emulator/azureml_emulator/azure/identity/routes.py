import hmac
import time
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from azureml_emulator.errors import BadRequest, Unauthorized
from azureml_emulator.server.requests.whole_body import read_whole
from azureml_emulator.state.credentials.tokens import TOKEN_SECONDS
from azureml_emulator.state.workspace import workspace_of

_FORM_BYTES = 64 * 1024


async def issue_token(request: Request) -> JSONResponse:
    """As Cloud Shell's identity endpoint (POST) and that of AmlCompute (GET, secret in a header) answer.

    The secret is a part of the path in both, because the SDK sends no header with the POST.
    """
    tokens = workspace_of(request).tokens
    if not hmac.compare_digest(request.path_params["secret"].encode(), tokens.identity_secret.encode()):
        raise Unauthorized("wrong secret in MSI_ENDPOINT: take the variables that the verb `env` prints")
    expiry = str(int(time.time()) + TOKEN_SECONDS)
    # Clients file the token under the resource that comes back: another one would make them ask each time.
    form = parse_qs((await read_whole(request, _FORM_BYTES, "a form")).decode("utf-8", "replace"))
    resource = request.query_params.get("resource") or form.get("resource", [""])[0]
    if not resource:
        raise BadRequest("a token is for a resource: name it, as in ?resource=https://management.azure.com")
    answer = {"access_token": tokens.bearer("local-user", resource), "token_type": "Bearer", "resource": resource}
    return JSONResponse(answer | {"expires_in": str(TOKEN_SECONDS), "expires_on": expiry})


routes = [Route("/msi/{secret}/token", issue_token, methods=["GET", "POST"])]
