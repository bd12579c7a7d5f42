"""What a scoring request must bring: a key, a token of the service or endpoint, a token of its client, or nothing."""

import hmac

from starlette.responses import PlainTextResponse, Response

from azureml_emulator.azure.services.routing.connection import Headers
from azureml_emulator.azure.services.routing.paths import ENDPOINT, SERVICE
from azureml_emulator.errors import Unauthorized
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

IDENTITY_AUDIENCE = "https://ml.azure.com"
"""Whatever the cloud: azure-ai-ml asks for tokens of an endpoint with AADToken for it."""


def token_purpose(front: Document) -> str:
    """What the access tokens of a service or an endpoint are issued for."""
    return f"{ENDPOINT if 'traffic' in front else SERVICE} {front['name']}"


def unauthorized(headers: Headers, workspace: LocalWorkspace, front: Document) -> Response | None:
    """None for a request that has what the service or endpoint asks for."""
    authorization = next((value for name, value in headers if name == b"authorization"), b"")
    scheme, _, secret = authorization.decode("latin-1").partition(" ")
    bearer = secret if scheme.lower() == "bearer" else ""
    if front["aadAuthEnabled"] and not _is_token(workspace, front, bearer):
        return _denied("token")
    if front["authEnabled"] and not _is_key(front, bearer):
        return _denied("key")
    if front.get("identityAuthEnabled") and not _is_of_identity(workspace, bearer):
        return _denied("token")
    return None


def _denied(what: str) -> Response:
    return PlainTextResponse(f"{what}_auth_access_denied", 401, {"x-ms-error": "1"})


def _is_key(front: Document, bearer: str) -> bool:
    matches = [hmac.compare_digest(bearer.encode(), known.encode()) for known in front["_keys"].values()]
    return any(matches)


def _is_token(workspace: LocalWorkspace, front: Document, bearer: str) -> bool:
    try:
        workspace.tokens.check(bearer, token_purpose(front))
    except Unauthorized:
        return False
    return True


def _is_of_identity(workspace: LocalWorkspace, bearer: str) -> bool:
    try:
        return workspace.tokens.check_bearer(f"Bearer {bearer}").audience == IDENTITY_AUDIENCE
    except Unauthorized:
        return False
