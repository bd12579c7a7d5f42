"""Connections in front of small applications, with limits of fractions of a second."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import wraps
from typing import Any

import pytest
import uvicorn
import uvloop

from azureml_emulator.server.connections import bounded
from azureml_emulator.server.connections.bounded import BoundedProtocol
from azureml_emulator.server.connections.limits import Limits

Application = Callable[[Any, Any, Any], Awaitable[None]]
REQUEST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"
SHORT = 0.3
WAIT_SECONDS = 20
STARTED = {"type": "http.response.start", "status": 200, "headers": []}


class _Hurried(BoundedProtocol):
    limits = Limits(body_seconds=SHORT, head_seconds=SHORT, keep_alive_seconds=SHORT, send_seconds=SHORT)


@asynccontextmanager
async def serving(
    application: Application, protocol: type[BoundedProtocol] = _Hurried
) -> AsyncIterator[tuple[int, uvicorn.Server]]:
    protocol._totals.sweeping = False  # by the loop of an earlier test
    config = uvicorn.Config(application, http=protocol, lifespan="off", log_level="critical", access_log=False)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = asyncio.create_task(server._serve([listener]))
        yield listener.getsockname()[1], server
        server.should_exit = server.force_exit = True
        await running


def run(work: Callable[[], Coroutine[Any, Any, None]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "SWEEP_SECONDS", SHORT / 3)
    uvloop.run(asyncio.wait_for(work(), WAIT_SECONDS))


def on_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    @wraps(test)
    def run_test(**arguments: Any) -> None:
        uvloop.run(asyncio.wait_for(test(**arguments), WAIT_SECONDS))

    return run_test


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # run() ends a wait in vain
        await asyncio.sleep(0.02)


async def answer(_scope: Any, receive: Any, send: Any) -> None:
    while (await receive())["more_body"]:
        pass
    await send(STARTED)
    await send({"type": "http.response.body", "body": b"ok"})


def post(body: bytes) -> bytes:
    """The last request of a connection."""
    return b"POST / HTTP/1.1\r\nConnection: close\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(body) + body


async def read_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
    """How many of them are 200 and whole, until the server closes the connection."""
    said = b""
    with suppress(ConnectionError):
        while piece := await reader.read(65536):
            said += piece
    writer.close()
    assert said.count(b"HTTP/1.1 ") == said.count(b"HTTP/1.1 200")
    return said.count(b"2\r\nok\r\n0\r\n\r\n")
