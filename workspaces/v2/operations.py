"""Azure Resource Manager: what it tells, and changes that take a while, which are waited for.

Not by the SDK's pollers, which look again every 30 seconds at an endpoint unless they are told otherwise, and can't be.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from azure.core import PipelineClient
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, RetryPolicy
from azure.core.rest import HttpRequest, HttpResponse

from workspaces.v2.sending import sent

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
"""Seconds between two looks; each pause is twice the one before."""
GOING = ("InProgress", "Accepted", "Running", "Creating", "Updating", "Deleting", "Scaling")


class Manager:
    """Azure Resource Manager. Raises azure-core's errors; 408, 429 and 5xx are sent again, as azure-core does."""

    def __init__(self, address: str, scopes: list[str], credential: Any) -> None:
        signing = BearerTokenCredentialPolicy(credential, *scopes)
        self._client: PipelineClient[Any, Any] = PipelineClient(address, policies=[RetryPolicy(), signing])

    def read(self, path: str) -> Any:
        return sent(self._client, HttpRequest("GET", path)).json()

    def read_all(self, path: str) -> Iterator[Any]:
        """What a list holds, all pages of it."""
        rest: str | None = path
        while rest:
            page = self.read(rest)
            yield from page["value"]
            rest = page.get("nextLink")

    def change(self, method: str, path: str, body: object = None) -> Operation:
        """Ask for a change; it is under way, or done, when this returns."""
        request = HttpRequest(method, path, json=body) if body is not None else HttpRequest(method, path)
        return Operation(self._client, sent(self._client, request))


class Operation:
    def __init__(self, client: PipelineClient[Any, Any], accepted: HttpResponse) -> None:
        headers = accepted.headers
        self._client, self._url = client, headers.get("Azure-AsyncOperation") or headers.get("Location")

    def wait(self, seconds: float) -> str:
        """What went wrong, empty when nothing did."""
        deadline, pause = time.monotonic() + seconds, FIRST_PAUSE
        while self._url:
            answer = sent(self._client, HttpRequest("GET", self._url))
            document = answer.json() if answer.content else {}
            status = document.get("status") or ("InProgress" if answer.status_code == 202 else "Succeeded")
            if status not in GOING:
                return "" if status == "Succeeded" else said(document, status)
            if time.monotonic() > deadline:
                return f"it isn't over after {seconds:g} s"
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        return ""


def said(document: dict[str, Any], status: str) -> str:
    """What an operation that ended badly says of it."""
    error = document.get("error") or {}
    details = [one.get("message") for one in error.get("details") or () if isinstance(one, dict)]
    return "\n".join(str(text) for text in (error.get("message"), *details) if text) or f"it is {status}"
