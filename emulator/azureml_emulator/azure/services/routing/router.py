"""The router in front of replicas: what azureml-fe does on AKS. On ACI it only passes requests on."""

import asyncio
import math
from collections.abc import Coroutine
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import State
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from azureml_emulator.azure.services.host import ServiceHost
from azureml_emulator.azure.services.replicas.replica import Replica
from azureml_emulator.azure.services.routing.connection import Answer, AnswerTooLargeError, Headers, UpstreamError
from azureml_emulator.azure.services.routing.credentials import unauthorized
from azureml_emulator.azure.services.routing.paths import ENDPOINT, asked
from azureml_emulator.azure.services.routing.spool import NoRoomError, Spool, Spools
from azureml_emulator.azure.services.routing.statuses import as_hosted
from azureml_emulator.azure.services.routing.traffic import NO_TRAFFIC, drawn, named, saying
from azureml_emulator.azure.services.routing.upstream import Message
from azureml_emulator.azure.services.routing.waiting import Overloaded
from azureml_emulator.state.store import Store
from azureml_emulator.wire import Document

PAYLOAD_LIMIT = 100 * 1024 * 1024
"""AKS refuses larger bodies."""
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
        if scope["type"] == "http" and asked(scope["path"]):  # by any method: which ones there are, it says
            scope["app"] = self._app  # as Starlette does
            await self._scoring(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class Scoring:
    """The ASGI application that answers scoring requests."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[int, Document]] = {}
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
        kind, name, tail = asked(scope["path"])  # type: ignore[misc]
        front = self._document(state.workspace.store, "online endpoint" if kind == ENDPOINT else "service", name)
        if front is None:
            return PlainTextResponse(f"{kind} '{name}' not found", 404)
        if refusal := _refusal(scope, front):
            return refusal
        if broken := await _read_body(receive, sent):
            return broken
        target = tail.encode() + (b"?" + query if (query := scope["query_string"]) else b"")
        message = Message(scope["method"], target, _without(scope["headers"], _NOT_FORWARDED), sent)
        if kind == ENDPOINT:
            return await self._from_deployment(message, received, state, name)
        return await _from_service(message, received, state.host, front)

    async def _from_deployment(self, message: Message, received: Spool, state: State, name: str) -> Answer | Response:
        """By the traffic of this moment: that may have moved while the body came, and what had it, be gone."""
        endpoint, by_name = self._document(state.workspace.store, "online endpoint", name), named(message.headers)
        deployment = by_name or (drawn(endpoint) if endpoint else None)
        service = self._document(state.workspace.store, "service", f"{name}/{deployment}") if deployment else None
        if service is None or deployment is None:
            said = f"endpoint '{name}' has no deployment '{by_name}'" if by_name else NO_TRAFFIC
            return PlainTextResponse(said, 404)
        if lagging := _lagging(state.host, service):
            return lagging
        return saying(await _from_service(message, received, state.host, service), deployment)

    def _document(self, store: Store, kind: str, name: str) -> Document | None:
        """It is read anew only when something in the store has changed."""
        changes, known = store.changes, self._known.get((kind, name))
        if known and known[0] == changes:
            return known[1]
        document = store.find(kind, name)
        if document is None:
            self._known.pop((kind, name), None)
        else:
            self._known[kind, name] = changes, document
        return document


async def _from_service(message: Message, received: Spool, host: ServiceHost, service: Document) -> Answer | Response:
    try:
        return as_hosted(service, await _forward(message, received, host, service))
    except NoRoomError as error:
        return _overloaded(str(error))


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


def _refusal(scope: Scope, front: Document) -> Response | None:
    """None for a request that is passed on to a replica of the service, or of one of the endpoint's deployments."""
    state = scope["app"].state
    if "traffic" not in front and (lagging := _lagging(state.host, front)):
        return lagging
    if front["computeType"] != "ACI" and scope["method"] not in _ROUTED:
        return PlainTextResponse("only GET and POST are routed", 405, {"Allow": ", ".join(_ROUTED)})
    return unauthorized(scope["headers"], state.workspace, front)


def _lagging(host: ServiceHost, service: Document) -> Response | None:
    if (status := host.lags.status(service["name"])) is None:
        return None
    return PlainTextResponse(f"service '{service['name']}' is not routed yet: a fault that was asked for", status)


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
routes = [
    Route(f"/api/v1/{start}{tail}", scoring, methods=_METHODS)
    for start in ("service/{service}", "endpoint/{endpoint}")
    for tail in ("/score", "/swagger.json")
]
