"""The router in front of a service's replicas: what azureml-fe does on AKS. On ACI it only passes requests on."""

import asyncio
import hmac
import math
import re
from collections.abc import Coroutine
from typing import Any

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from azureml_emulator.azure.services.documents import token_purpose
from azureml_emulator.azure.services.host import ServiceHost
from azureml_emulator.azure.services.replicas.replica import Replica
from azureml_emulator.azure.services.routing.connection import Answer, AnswerTooLargeError, Headers, UpstreamError
from azureml_emulator.azure.services.routing.spool import NoRoomError, Spool, Spools
from azureml_emulator.azure.services.routing.upstream import Message
from azureml_emulator.azure.services.routing.waiting import Overloaded
from azureml_emulator.errors import Unauthorized
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

PAYLOAD_LIMIT = 100 * 1024 * 1024
"""AKS refuses larger bodies."""
_BASE = "/api/v1/service/"
_PATH = re.compile(re.escape(_BASE) + "([^/]+)(/score|/swagger.json)")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
_ROUTED = ("GET", "POST")
"""By azureml-fe: learn.microsoft.com/azure/machine-learning/v1/how-to-deploy-advanced-entry-script (CORS)."""
_HOP_BY_HOP = {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
_NOT_FORWARDED = _HOP_BY_HOP | {b"host", b"authorization", b"content-length", b"expect"}
_NOT_RETURNED = _HOP_BY_HOP | {b"content-length", b"date", b"server"}
_ATTEMPTS = 2
_WITHOUT_LIMITS = {"maxConcurrentRequestsPerContainer": math.inf, "maxQueueWaitMs": 0, "scoringTimeoutMs": 300_000}
"""ACI has no router: only the server's own limits count, which ends a request that takes five minutes."""


class ScoringMiddleware:
    """Scoring requests skip what the control plane's need: scope, bearer token, and the search through its routes.

    Outermost: each layer that they pass costs a share of what a small model's replica does for them.
    """

    def __init__(self, app: Starlette, scoring: ASGIApp) -> None:
        self._app = app
        self._scoring = scoring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _PATH.fullmatch(scope["path"]):  # by any method: which ones there are, it says
            scope["app"] = self._app  # as Starlette does
            await self._scoring(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class Scoring:
    """The ASGI application that answers scoring requests."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, Document]] = {}
        self._spools: Spools | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        spools = self._spools = self._spools or Spools(scope["app"].state.workspace.folder)
        sent, received = spools.new(), spools.new()
        try:
            answer = await _unless_gone(scope, self._answer(scope, receive, sent, received))
            if answer is None:
                return
            if isinstance(answer, Answer):
                await _send(answer, send)
            else:
                await answer(scope, receive, send)
        finally:
            sent.clear()
            received.clear()

    async def _answer(self, scope: Scope, receive: Receive, sent: Spool, received: Spool) -> Answer | Response:
        state = scope["app"].state
        name, tail = _PATH.fullmatch(scope["path"]).groups()  # type: ignore[union-attr]
        service = self._service(state.workspace, name)
        if service is None:
            return PlainTextResponse(f"service '{name}' not found", 404)
        if refusal := _refusal(scope, service):
            return refusal
        if broken := await _read_body(receive, sent):
            return broken
        target = tail.encode() + (b"?" + query if (query := scope["query_string"]) else b"")
        message = Message(scope["method"], target, _without(scope["headers"], _NOT_FORWARDED), sent)
        try:
            answer = await _forward(message, received, state.host, service)
            return _rewritten(answer) if service["computeType"] == "AKS" else answer
        except NoRoomError as error:
            return _overloaded(str(error))

    def _service(self, workspace: LocalWorkspace, name: str) -> Document | None:
        """The document, which is read anew only when something in the store has changed."""
        changes, known = workspace.store.changes, self._known.get(name)
        if known and known[0] == changes:
            return known[1]
        service = workspace.store.find("service", name)
        if service is None:
            self._known.pop(name, None)
        else:
            self._known[name] = changes, service
        return service


async def _unless_gone(scope: Scope, work: Coroutine[Any, Any, Answer | Response]) -> Answer | Response | None:
    """None as soon as the client has gone: its place is another's, and the replica is told by its connection's end."""
    connection, task = scope.get("state", {}).get("connection"), asyncio.current_task()
    if connection is None:  # the studio asks, from within this process
        return await work
    connection.on_lost = task.cancel if task else None
    try:
        return await work
    except asyncio.CancelledError:
        if connection.lost:
            return None
        raise
    finally:
        connection.on_lost = None


def _refusal(scope: Scope, service: Document) -> Response | None:
    """None for a request that is passed on to a replica."""
    state = scope["app"].state
    if lag := state.host.lags.status(service["name"]):
        return PlainTextResponse(f"service '{service['name']}' is not routed yet: a fault that was asked for", lag)
    if service["computeType"] == "AKS" and scope["method"] not in _ROUTED:
        return PlainTextResponse("only GET and POST are routed", 405, {"Allow": ", ".join(_ROUTED)})
    return _unauthorized(scope["headers"], state.workspace, service)


def _unauthorized(headers: Headers, workspace: LocalWorkspace, service: Document) -> Response | None:
    """None for a request that has what the service asks for: a key, a token, or nothing."""
    authorization = next((value for name, value in headers if name == b"authorization"), b"")
    scheme, _, secret = authorization.decode("latin-1").partition(" ")
    bearer = secret if scheme.lower() == "bearer" else ""
    if service["aadAuthEnabled"] and not _is_token(workspace, service, bearer):
        return PlainTextResponse("token_auth_access_denied", 401, {"x-ms-error": "1"})
    if service["authEnabled"] and not _is_key(service, bearer):
        return PlainTextResponse("key_auth_access_denied", 401, {"x-ms-error": "1"})
    return None


def _is_key(service: Document, bearer: str) -> bool:
    matches = [hmac.compare_digest(bearer.encode(), known.encode()) for known in service["_keys"].values()]
    return any(matches)


def _is_token(workspace: LocalWorkspace, service: Document, bearer: str) -> bool:
    try:
        workspace.tokens.check(bearer, token_purpose(service["name"]))
    except Unauthorized:
        return False
    return True


async def _read_body(receive: Receive, body: Spool) -> Response | None:
    """The refusal of one that can't be read."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return PlainTextResponse("the client went away in the middle of its request", 400)
        piece, more = message.get("body", b""), message.get("more_body", False)
        if body.size + len(piece) > PAYLOAD_LIMIT:
            return PlainTextResponse(f"the body is larger than {PAYLOAD_LIMIT} bytes", 413)
        try:
            body.write(piece)
        except NoRoomError as error:
            return _overloaded(str(error))
    return None


def _overloaded(reason: str) -> Response:
    return PlainTextResponse(reason, 503, {"Retry-After": "1"})


async def _forward(message: Message, received: Spool, host: ServiceHost, service: Document) -> Answer | Response:
    """Send the request to a free replica; one whose replica dies under it is tried once on another."""
    limits = _WITHOUT_LIMITS if service["computeType"] == "ACI" else service
    limit, wait = limits["maxConcurrentRequestsPerContainer"], limits["maxQueueWaitMs"] / 1000
    line, dead = host.pool.line(service["name"]), list[Replica]()
    while len(dead) < _ATTEMPTS:
        try:
            replica = await line.take(limit, wait, dead)
        except Overloaded:
            return _overloaded("overloaded")
        try:
            return await replica.upstream.ask(message, received, limits["scoringTimeoutMs"] / 1000)
        except UpstreamError:
            received.clear()
            dead.append(replica)
        except asyncio.TimeoutError:
            return PlainTextResponse("scoring timed out", 504)
        except AnswerTooLargeError:
            return PlainTextResponse("the replica's answer is too large", 502)
        finally:
            line.give_back(replica)
    return PlainTextResponse("the replica closed the connection", 502)


def _rewritten(answer: Answer | Response) -> Answer | Response:
    """A replica's 500 as azureml-fe passes it on: the page of `_ROUTED` says so, too."""
    return answer._replace(status=502) if isinstance(answer, Answer) and answer.status == 500 else answer


async def _send(answer: Answer, send: Send) -> None:
    headers = [*_without(answer.headers, _NOT_RETURNED), (b"content-length", b"%d" % answer.body.size)]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if (body := answer.body.whole()) is not None:
        await send({"type": "http.response.body", "body": body})
        return
    for piece in answer.body.pieces():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _without(headers: Headers, names: set[bytes]) -> Headers:
    return [header for header in headers if header[0] not in names]


scoring = Scoring()
routes = [Route(_BASE + "{service}" + tail, scoring, methods=_METHODS) for tail in ("/score", "/swagger.json")]
