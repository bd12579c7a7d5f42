"""Who may ask: a bearer token everywhere, save where the protocol carries another proof."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from azureml_emulator.errors import Unauthorized
from azureml_emulator.server.middleware.audiences import check_audience
from azureml_emulator.server.protocol import REASON, reason
from azureml_emulator.state.credentials.tokens import RUN_AUDIENCE
from azureml_emulator.state.redirect.clouds import login_address
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.studio.access.guard import is_page

_OPEN = ("/discovery", "/health")
_OWN_PROOF = ("/msi/", "/containers/", "/api/v1/service/", "/api/v1/endpoint/")
"""Identity secret, blob signature and service key, checked by their own handlers."""
RUN, IDENTITY = "run", "identity"
"""Kinds of tokens, as the log of requests names them."""


class BearerMiddleware:
    """Notes in the request's state, which the log of requests reads, by which kind of token it was asked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_exempt(scope["path"]):
            request = Request(scope)
            try:
                scope["user"] = _check(request)
            except Unauthorized as error:
                await JSONResponse(error.body(), error.status, _challenge(request, error))(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _check(request: Request) -> str:
    workspace = workspace_of(request)
    bearer = workspace.tokens.check_bearer(request.headers.get("authorization", ""))
    request.scope.setdefault("state", {})["token"] = RUN if bearer.audience == RUN_AUDIENCE else IDENTITY
    check_audience(request.scope["path"], bearer, workspace.address.tls)
    return bearer.subject


def _challenge(request: Request, error: Unauthorized) -> dict[str, str]:
    """As Azure Resource Manager's."""
    login, said = login_address(workspace_of(request).address.tls), reason(error.message)
    described = said.replace("\\", "/").replace('"', "'")
    challenge = f'Bearer authorization_uri="{login}", error="invalid_token", error_description="{described}"'
    return {"WWW-Authenticate": challenge, "x-ms-error-code": error.code, REASON: said}


def _is_exempt(path: str) -> bool:
    """Pages of the studio have their own middleware, which asks for a session."""
    return path in _OPEN or path.startswith(_OWN_PROOF) or is_page(path)
