"""A question to a service in the name of the studio's user: through its router, with its key or a token."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.applications import Starlette

from azureml_emulator.azure.services.routing.credentials import IDENTITY_AUDIENCE, token_purpose
from azureml_emulator.azure.services.routing.paths import scoring_path
from azureml_emulator.azure.services.routing.router import ScoringMiddleware, scoring
from azureml_emulator.errors import Conflict
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.wire import Document

_TOKEN_SECONDS = 300
_STUDIO = "studio"
"""Whose tokens those of an identity are."""
AT_ONCE = 4
"""Questions from all pages together: each holds its body and its answer."""
_free = asyncio.Semaphore(AT_ONCE)


@dataclass(frozen=True)
class Reply:
    status: int
    headers: httpx.Headers
    body: bytes
    seconds: float


async def ask(app: Starlette, service: Document, body: bytes, content_type: str) -> Reply:
    """Post a body to the service's scoring URI; the router's own limits end what takes too long.

    Raises Conflict where others are asking already.
    """
    if _free.locked():
        raise Conflict(f"{AT_ONCE} requests from studio pages are under way: try again when they were answered")
    async with _free:
        return await _send(app, service, "POST", "score", content=body, headers={"Content-Type": content_type})


async def ask_description(app: Starlette, service: Document, version: str) -> Reply:
    """What the service says of itself in a version of OpenAPI, ``2`` or ``3``."""
    return await _send(app, service, "GET", "swagger.json", params={"version": version})


def credential(workspace: LocalWorkspace, service: Document, seconds: int = _TOKEN_SECONDS) -> str:
    """What the service asks its clients for: a key, or a token that is good for so long. Nothing where it asks none."""
    if service["aadAuthEnabled"]:
        return workspace.tokens.issue(token_purpose(service), seconds)
    if service.get("identityAuthEnabled"):
        return workspace.tokens.bearer(_STUDIO, IDENTITY_AUDIENCE)
    return str(service["_keys"]["primaryKey"]) if service["authEnabled"] else ""


async def _send(app: Starlette, service: Document, method: str, what: str, **options: Any) -> Reply:
    router = httpx.ASGITransport(ScoringMiddleware(app, scoring))
    secret = credential(app.state.workspace, service)
    options["headers"] = options.get("headers", {}) | ({"Authorization": f"Bearer {secret}"} if secret else {})
    async with httpx.AsyncClient(transport=router, trust_env=False) as client:
        start = time.perf_counter()
        answer = await client.request(method, f"http://router/{scoring_path(service)}/{what}", **options)
        return Reply(answer.status_code, answer.headers, answer.content, time.perf_counter() - start)
