"""The router's client against a real server that answers as each test says."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from azureml_emulator.azure.services.routing import connection
from azureml_emulator.azure.services.routing.connection import Answer, AnswerTooLargeError, UpstreamError
from azureml_emulator.azure.services.routing.spool import Spools
from azureml_emulator.azure.services.routing.upstream import Message, Upstream

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextlib.asynccontextmanager
async def server(handle: Handler, *, http_1_0: bool = False) -> AsyncIterator[Upstream]:
    listener = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with listener:
        client = Upstream(listener.sockets[0].getsockname()[1], http_1_0=http_1_0)
        yield client
        client.close()


def answering(*answers: bytes, close: bool = True) -> Handler:
    """Each request of a connection gets the next of these bytes; after the last the connection ends."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            if not await reader.readuntil(b"\r\n\r\n"):
                break
            writer.write(answer)
            await writer.drain()
        if close:
            writer.close()
        else:
            await reader.read()  # until the client goes

    return handle


async def ask(client: Upstream, method: str = "POST", seconds: float = 10) -> Answer:
    spools = Spools(Path(tempfile.gettempdir()))
    return await client.ask(Message(method, b"/score", [(b"x-a", b"b")], spools.new()), spools.new(), seconds)


def one(handle: Handler, method: str = "POST", seconds: float = 10) -> Answer:
    async def run() -> Answer:
        async with server(handle) as client:
            return await ask(client, method, seconds)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (OK, b"ok"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", b"abc"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.0 200 OK\r\nServer: x\r\n\r\nuntil the end", b"until the end"),
    ],
)
def test_an_answer_in_any_form(sent: bytes, body: bytes) -> None:
    answer = one(answering(sent))
    assert (answer.status, answer.body.whole()) == (200, body)


def test_head_has_no_body() -> None:
    answer = one(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", close=False), "HEAD")
    assert (answer.headers, answer.body.whole()) == ([(b"content-length", b"5")], b"")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal",
        b"SSH-2.0-OpenSSH\r\n",
    ],
)
def test_less_than_an_answer_is_an_error(sent: bytes) -> None:
    with pytest.raises(UpstreamError):
        one(answering(sent))


def test_no_server() -> None:
    async def run() -> None:
        async with server(answering(OK)) as client:
            pass
        await ask(client)

    with pytest.raises(UpstreamError):
        asyncio.run(run())


def test_silence_ends_in_a_timeout() -> None:
    with pytest.raises(asyncio.TimeoutError):
        one(answering(b"HTTP/1.1 200 OK\r\n", close=False), seconds=0.1)


def test_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ANSWER_LIMIT", 1)
    with pytest.raises(AnswerTooLargeError):
        one(answering(OK))


def test_a_connection_is_kept() -> None:
    connections: list[asyncio.StreamWriter] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        await answering(OK, OK, OK)(reader, writer)

    async def run() -> list[int]:
        async with server(handle) as client:
            return [(await ask(client)).status for _ in range(3)]

    assert (asyncio.run(run()), len(connections)) == ([200, 200, 200], 1)


def test_a_kept_connection_that_the_server_closes_is_replaced() -> None:
    """As when a server's keep-alive time is over at the moment of the next request: nothing has been answered."""
    requests: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK)
        await writer.drain()
        with contextlib.suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")  # the second one: no answer
        writer.close()

    async def run() -> list[int]:
        async with server(handle) as client:
            return [(await ask(client)).status for _ in range(3)]

    assert (asyncio.run(run()), len(requests)) == ([200, 200, 200], 3)


def test_a_body_in_a_file_is_sent_whole_each_time(tmp_path: Path) -> None:
    size, received = 5 * 1024 * 1024, list[int]()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        received.append(len(await reader.readexactly(size)))
        writer.write(OK if len(received) > 1 else b"")
        writer.close()

    async def run() -> int:
        spools = Spools(tmp_path)
        body = spools.new()
        for _ in range(size // 65536):
            body.write(bytes(65536))
        assert body.whole() is None
        message = Message("POST", b"/score", [], body)
        async with server(handle) as client:
            with contextlib.suppress(UpstreamError):
                await client.ask(message, spools.new(), 10)
            return (await client.ask(message, spools.new(), 10)).status

    assert (asyncio.run(run()), received) == (200, [size, size])


def test_an_answer_before_the_body_is_whole(tmp_path: Path) -> None:
    """A replica that refuses a large body needn't read it."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        await reader.read(1)
        await asyncio.sleep(10)

    async def run() -> int:
        spools = Spools(tmp_path)
        body = spools.new()
        for _ in range(500):
            body.write(bytes(65536))
        async with server(handle) as client:
            return (await client.ask(Message("POST", b"/score", [], body), spools.new(), 10)).status

    assert asyncio.run(run()) == 413


def test_an_answer_with_a_head_without_end() -> None:
    with pytest.raises(AnswerTooLargeError):
        one(answering(b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 200_000, close=False))


def test_http_1_0_takes_a_connection_for_each_request() -> None:
    heads: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK)  # which would be kept open
        await reader.read()
        writer.close()

    async def run() -> list[int]:
        async with server(handle, http_1_0=True) as client:
            return [(await ask(client)).status for _ in range(2)]

    assert asyncio.run(run()) == [200, 200]
    assert [head.splitlines()[:2] for head in heads] == [[b"POST /score HTTP/1.0", b"connection: close"]] * 2
