"""Middleware before routing: one spelling of each path, and the workspace's own scope taken out of it."""

import re

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from azureml_emulator.errors import Forbidden
from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION

_SCOPE = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/Microsoft\.MachineLearningServices/workspaces/(?P<workspace>[^/]+)",
    re.IGNORECASE,
)


class ScopeMiddleware:
    """`/history/v1.0/subscriptions/…/workspaces/local/runs` becomes `/history/v1.0/runs`; the bare scope, `/arm`.

    The SDK writes the same scope in several cases and with doubled slashes. A scope that is not this
    workspace's answers 403, as Azure does for one that its client may not see: the SDK shows the message
    of a 403, but not that of a 404.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            path = local_path(scope["path"])
        except Forbidden as error:
            await JSONResponse(error.body(), error.status)(scope, receive, send)
            return
        await self._app({**scope, "path": path, "raw_path": path.encode()}, receive, send)


def local_path(path: str) -> str:
    """Raises Forbidden for the scope of another workspace."""
    path = re.sub("/{2,}", "/", path).rstrip("/") or "/"
    match = _SCOPE.search(path)
    if match is None:
        return path
    asked = (match["subscription"].lower(), match["group"].lower(), match["workspace"].lower())
    if asked != (SUBSCRIPTION, RESOURCE_GROUP, NAME):
        raise Forbidden(
            f"workspace '{match['workspace']}' in resource group '{match['group']}' of subscription "
            f"'{match['subscription']}' does not exist: the local workspace is '{NAME}' in '{RESOURCE_GROUP}' "
            f"of '{SUBSCRIPTION}'"
        )
    return (path[: match.start()] or "/arm") + path[match.end() :]
