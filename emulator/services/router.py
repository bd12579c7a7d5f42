"""The router in front of a service's replicas: what azureml-fe does on AKS."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from emulator.services.host import ServiceHost, host_of
from emulator.services.replica import Replica
from emulator.wire import Document
from emulator.workspace import workspace_of

_PAYLOAD_LIMIT = 100 * 1024 * 1024
"""AKS refuses larger bodies."""
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_NOT_FORWARDED = ("host", "connection", "authorization", "content-length", "transfer-encoding", "keep-alive")
_NOT_RETURNED = ("connection", "content-length", "transfer-encoding", "date", "server", "content-encoding")
_client = httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=None, max_keepalive_connections=64))


class Overloaded(Exception):
    """No replica became free within the service's queue wait."""


async def score(request: Request) -> Response:
    workspace, name = workspace_of(request), request.path_params["service"]
    service = workspace.store.find("service", name)
    if service is None:
        return PlainTextResponse(f"service '{name}' not found", 404)
    if service["authEnabled"] and not _has_key(request, service):
        return PlainTextResponse("key_auth_access_denied", 401, {"x-ms-error": "1"})
    body = await _read_body(request)
    if body is None:
        return PlainTextResponse(f"the body is larger than {_PAYLOAD_LIMIT} bytes", 413)
    try:
        return await _forward(request, body, host_of(request), service)
    except Overloaded:
        return PlainTextResponse("overloaded", 503, {"Retry-After": "1"})


def _has_key(request: Request, service: Document) -> bool:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return False
    matches = [hmac.compare_digest(key.encode(), known.encode()) for known in service["_keys"].values()]
    return any(matches)


async def _read_body(request: Request) -> bytes | None:
    """None when it is over the limit; no more than the limit is ever held."""
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > _PAYLOAD_LIMIT:
                return None
            chunks.append(chunk)
    except ClientDisconnect:
        pass
    return b"".join(chunks)


async def _forward(request: Request, body: bytes, host: ServiceHost, service: Document) -> Response:
    """Send the request to a free replica; one whose replica dies under it is tried once on another."""
    tail = "/swagger.json" if request.url.path.endswith("/swagger.json") else "/score"
    headers = [(key, value) for key, value in request.headers.items() if key not in _NOT_FORWARDED]
    timeout = httpx.Timeout(service["scoringTimeoutMs"] / 1000)
    dead: list[Replica] = []
    for _ in range(2):
        async with _free_replica(host, service, dead) as replica:
            url = httpx.URL(f"http://127.0.0.1:{replica.port}{tail}", query=request.url.query.encode())
            try:
                answer = await _client.request(request.method, url, content=body, headers=headers, timeout=timeout)
            except httpx.TimeoutException:
                return PlainTextResponse("scoring timed out", 504)
            except httpx.TransportError:
                dead.append(replica)
                continue
        returned = {key: value for key, value in answer.headers.items() if key not in _NOT_RETURNED}
        return Response(answer.content, answer.status_code, returned)
    return PlainTextResponse("the replica closed the connection", 502)


@asynccontextmanager
async def _free_replica(host: ServiceHost, service: Document, dead: Sequence[Replica]) -> AsyncIterator[Replica]:
    """The least busy replica with room for one more request. Raises Overloaded after the queue wait."""
    name, limit = service["name"], int(service["maxConcurrentRequestsPerContainer"])
    condition = host.changed(name)

    def free() -> Replica | None:
        known = [replica for replica in host.replicas(name) if replica.running and replica not in dead]
        open_ = [replica for replica in known if replica.in_flight < limit]
        return min(open_, key=lambda replica: replica.in_flight, default=None)

    async with condition:
        try:
            await asyncio.wait_for(condition.wait_for(free), service["maxQueueWaitMs"] / 1000)
        except asyncio.TimeoutError:
            raise Overloaded from None
        replica = free()
        if replica is None:
            raise Overloaded
        replica.in_flight += 1
    try:
        yield replica
    finally:
        replica.in_flight -= 1
        async with condition:
            condition.notify_all()


_BASE = "/api/v1/service/{service}"
routes = [Route(_BASE + tail, score, methods=_METHODS) for tail in ("/score", "/swagger.json")]
