"""Who may ask: a bearer token everywhere, save where the protocol carries another proof."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from azureml_emulator.errors import Unauthorized
from azureml_emulator.state.workspace import workspace_of
from azureml_emulator.studio.access.guard import is_page

_OPEN = ("/discovery", "/health")
_OWN_PROOF = ("/msi/", "/containers/", "/api/v1/service/")
"""Identity secret, blob signature and service key, checked by their own handlers."""


class BearerMiddleware:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_exempt(scope["path"]):
            request = Request(scope)
            try:
                subject = workspace_of(request).tokens.check_bearer(request.headers.get("authorization", ""))
            except Unauthorized as error:
                await JSONResponse(error.body(), error.status)(scope, receive, send)
                return
            scope["user"] = subject
        await self._app(scope, receive, send)


def _is_exempt(path: str) -> bool:
    """Pages of the studio have their own middleware, which asks for a session."""
    return path in _OPEN or path.startswith(_OWN_PROOF) or is_page(path)
