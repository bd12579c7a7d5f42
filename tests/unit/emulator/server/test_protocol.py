"""Status lines with a reason, over a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from azureml_emulator.server.protocol import METADATA_NAMES, REASON, Protocol, Spelled, reason

LOOKS_LIKE_A_HEAD = f"HTTP/1.1 400 Bad Request\r\n{REASON}: forged\r\n\r\n"


async def refuse(_: Request) -> Response:
    return PlainTextResponse(LOOKS_LIKE_A_HEAD, 400, {REASON: reason("größer\r\nthan allowed " + "x" * 5000)})


async def accept(request: Request) -> Response:
    response = PlainTextResponse(LOOKS_LIKE_A_HEAD + str(len(await request.body())))
    for name in request.scope.get(METADATA_NAMES, {}).values():
        response.raw_headers.append((Spelled(name), b"kept"))
    return response


@asynccontextmanager
async def serving() -> AsyncIterator[int]:
    app = Starlette(routes=[Route("/refused", refuse), Route("/", accept, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, http=Protocol, lifespan="off", log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = asyncio.create_task(server.serve([listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        await running


def ask(*requests: bytes) -> str:
    """All that comes back on one connection."""

    async def run() -> str:
        async with serving() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for request in requests:
                writer.write(request)
            answer = await reader.read()
            writer.close()
            return answer.decode()

    return asyncio.run(run())


CLOSING = b"GET /refused HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def test_the_reason_is_in_the_status_line_and_nowhere_else() -> None:
    head, _, body = ask(CLOSING).partition("\r\n\r\n")
    line = head.splitlines()[0]
    assert line.startswith("HTTP/1.1 400 gr??er than allowed xxx")
    assert (len(line) < 1100, body) == (True, LOOKS_LIKE_A_HEAD)


@pytest.mark.parametrize("expects", [b"", b"Expect: 100-continue\r\n"])
def test_several_answers_on_one_connection(expects: bytes) -> None:
    """A body that looks like a head is none, nor is what a client is told that waits before it sends its body."""
    post = b"POST / HTTP/1.1\r\nHost: x\r\nX-Ms-Meta-Owner_Of: a\r\n" + expects + b"Content-Length: 3\r\n\r\nabc"
    answer = ask(post, CLOSING)
    assert answer.startswith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n" if expects else "HTTP/1.1 200 OK\r\n")
    assert "X-Ms-Meta-Owner_Of: kept\r\n" in answer
    assert LOOKS_LIKE_A_HEAD + "3HTTP/1.1 400 gr??er than" in answer
