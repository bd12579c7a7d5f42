"""Which clouds there are, at `/metadata/endpoints` as in Azure: asked without credentials, and at every turn."""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from azureml_emulator.state.redirect import clouds
from azureml_emulator.state.workspace import Address


class CloudsMiddleware:
    """Answers from memory, before the request is logged: SDK v2 asks seven times for an import and five calls."""

    def __init__(self, app: ASGIApp, address: Address) -> None:
        self._app = app
        self._answer = JSONResponse(clouds.metadata(address.http, address.tls))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["type"] == "http" and scope["method"] == "GET" and scope["path"].rstrip("/") == clouds.PATH
        await (self._answer if asked else self._app)(scope, receive, send)
