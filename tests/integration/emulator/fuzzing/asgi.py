"""A client of the application in this very process: it sends what no HTTP client would."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from starlette.types import ASGIApp, Message

ANSWER_SECONDS = 60.0


@dataclass
class Sent:
    method: str
    path: str
    """As the server has decoded it."""
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def __str__(self) -> str:
        query = f"?{urlencode(self.query)}" if self.query else ""
        headers = {name: value for name, value in self.headers.items() if name not in ("authorization", "cookie")}
        return f"{self.method} {self.path[:300]!r}{query[:500]} {headers} {self.body[:3000]!r}"


@dataclass
class Answer:
    status: int = 0
    """0: there was none."""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: BaseException | None = None


async def ask(app: ASGIApp, port: int, sent: Sent) -> Answer:
    """The answer, and what the application raised beside it."""
    answer, messages = Answer(), [{"type": "http.request", "body": sent.body}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        await asyncio.sleep(ANSWER_SECONDS)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in message["headers"]}
        elif message["type"] == "http.response.body":
            answer.body += message.get("body", b"")

    try:
        await asyncio.wait_for(app(_scope(sent, port), receive, send), ANSWER_SECONDS)
    except Exception as error:  # noqa: BLE001 - whatever it was, it is what is looked for
        answer.error = error
    return answer


def _scope(sent: Sent, port: int) -> dict[str, Any]:
    headers = {"host": f"127.0.0.1:{port}", "content-length": str(len(sent.body))} | sent.headers
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": sent.method,
        "scheme": "http",
        "server": ("127.0.0.1", port),
        "client": ("127.0.0.1", 1),
        "path": sent.path,
        "raw_path": quote(sent.path).encode(),
        "root_path": "",
        "query_string": urlencode(sent.query).encode(),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
    }
