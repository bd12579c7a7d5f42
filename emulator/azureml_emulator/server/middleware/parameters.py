"""Parameters and conditions of requests to the services: what no route of theirs looks at is refused, not passed over.

Blobs have a table of their own, by operation; model management checks its filters where it applies them.
"""

from collections.abc import Awaitable, Callable, Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from azureml_emulator.errors import ApiError, NotSupported

_ANY = None
_NEVER = frozenset({"", "false"})
"""A wish that isn't one: the SDK sends many options with the value that stands for their absence."""

_PARAMETERS: dict[str, dict[str, frozenset[str] | None]] = {
    "artifact": dict.fromkeys(("append", "datastoreName", "path"))
    | dict.fromkeys(("hardDelete", "continuationToken"), _NEVER),
    "content": dict.fromkeys(("accountName", "projectName")),
    "credential": {"systemSecret": _NEVER, "continuationToken": _NEVER},
    "data": {"includeSavedDatasets": _ANY},
    "dataset": dict.fromkeys(
        ("registerAsPending", "withDataHash", "ifExistsOk", "updateDefinitionIfExists", "includeLatestDefinition")
    )
    | dict.fromkeys(("pageSize", "searchText", "datasetNames", "versionId", "resolveLegacyId", "forceUpdate"))
    | dict.fromkeys(("includeInvisible",))
    | dict.fromkeys(("checkDataHash", "checkStaleness", "continuationToken"), _NEVER),
    "datastore": dict.fromkeys(("count", "createIfNotExists", "includeSecret", "skipValidation"))
    | {"continuationToken": _NEVER},
    "execution": {"runId": _ANY},
    "history": dict.fromkeys(
        prefix + name for prefix in ("", "$") for name in ("filter", "top", "orderby", "continuationToken")
    )
    | {"path": _ANY, "mergestrategytype": frozenset({"", "none"})},
    "metric": {},
    "pipelines": dict.fromkeys(
        ("activeOnly", "experimentName", "Name", "name", "parentRunId", "pipelineVersion", "continuationToken")
    ),
}
"""By the first part of a path: what its routes look at, or the values that ask for nothing."""

_CONDITIONS = frozenset({"if-match", "if-none-match", "if-modified-since", "if-unmodified-since"})
_OVERRIDE = "x-http-method-override"
_VERSION = "api-version"


class ParameterMiddleware:
    def __init__(self, app: ASGIApp, respond: Callable[[Request, ApiError], Awaitable[Response]]) -> None:
        self._app = app
        self._respond = respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        service = scope["path"].split("/", 2)[1] if scope["type"] == "http" else ""
        if service not in _PARAMETERS or (ignored := _ignored(Request(scope), _PARAMETERS[service])) is None:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        response = await self._respond(request, NotSupported(f"the {ignored} of a request for {scope['path']}"))
        await response(scope, receive, send)


def _ignored(request: Request, known: dict[str, frozenset[str] | None]) -> str | None:
    """The first thing that would have no effect."""
    for name, value in request.query_params.multi_items():
        if name == _VERSION:
            continue
        if name not in known or (known[name] is not _ANY and value.lower() not in (known[name] or ())):
            return f"parameter {name}={value[:80]}"
    changes = request.method not in ("GET", "HEAD")
    return next((f"header {name}" for name in _meant(request.headers.keys(), changes=changes)), None)


def _meant(names: Iterable[str], *, changes: bool) -> list[str]:
    """A read under a condition may well be answered as a whole; a change under one may not."""
    return [name for name in names if name == _OVERRIDE or (changes and name in _CONDITIONS)]
