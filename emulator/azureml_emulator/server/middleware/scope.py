"""Middleware before routing: one spelling of each path, of names that can be, without the workspace's own scope."""

import re
from urllib.parse import unquote

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from azureml_emulator.errors import ApiError, BadRequest, Forbidden
from azureml_emulator.server.requests.shapes import shortened
from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION

_SCOPE = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)"
    r"/providers/Microsoft\.MachineLearningServices/workspaces/(?P<workspace>[^/]+)",
    re.IGNORECASE,
)
_CLUSTER = re.compile(
    r"/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/Microsoft\.ContainerService/managedClusters/([^/]+)",
    re.IGNORECASE,
)
"""The Azure CLI writes it in another case than Azure ML does."""
_CLUSTER_PATH = "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.ContainerService/managedClusters/{}"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST_NAME = 255
"""Bytes: what the name of a file has at most."""


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
            _check_names(path)
        except ApiError as error:
            await JSONResponse(error.body(), error.status)(scope, receive, send)
            return
        await self._app({**scope, "path": path}, receive, send)


def _check_names(path: str) -> None:
    """Raises BadRequest for names that could be no file's. One that was encoded twice counts as it was meant."""
    if _CONTROL.search(path):
        raise BadRequest(f"the path {shortened(path)} holds a control character")
    for part in path.split("/") if len(path) > _LONGEST_NAME else ():
        if len(unquote(part).encode("utf-8", "replace")) > _LONGEST_NAME:
            raise BadRequest(f"the name {shortened(part)} in the path has more than {_LONGEST_NAME} bytes")


def local_path(path: str) -> str:
    """Raises Forbidden for the scope of another workspace."""
    path = re.sub("/{2,}", "/", path).rstrip("/") or "/"
    match = _SCOPE.search(path)
    if match is None:
        cluster = _CLUSTER.fullmatch(path)
        return _CLUSTER_PATH.format(*cluster.groups()) if cluster else path
    asked = (match["subscription"].lower(), match["group"].lower(), match["workspace"].lower())
    if asked != (SUBSCRIPTION, RESOURCE_GROUP, NAME):
        raise Forbidden(
            f"workspace '{match['workspace']}' in resource group '{match['group']}' of subscription "
            f"'{match['subscription']}' does not exist: the local workspace is '{NAME}' in '{RESOURCE_GROUP}' "
            f"of '{SUBSCRIPTION}'"
        )
    return (path[: match.start()] or "/arm") + path[match.end() :]
