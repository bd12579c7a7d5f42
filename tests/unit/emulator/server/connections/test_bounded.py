"""Connections in front of small applications, with limits of fractions of a second."""

from __future__ import annotations

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
LARGE = bytes(30 * 2**20)  # more than the system buffers
SHORT = 0.3
WAIT_SECONDS = 20
STARTED = {"type": "http.response.start", "status": 200, "headers": []}


class _Hurried(BoundedProtocol):
    limits = Limits(body_seconds=SHORT, head_seconds=SHORT, keep_alive_seconds=SHORT, send_seconds=SHORT)


class _Few(BoundedProtocol):
    limits = Limits(connections=3)


class _Patient(BoundedProtocol):
    limits = Limits(pipelined_bytes=250_000)


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


async def answer_at_length(_scope: Any, _receive: Any, send: Any) -> None:
    await send(STARTED)
    await send({"type": "http.response.body", "body": LARGE})


@pytest.mark.parametrize("request_bytes", [REQUEST, REQUEST.replace(b"Host", b"Connection: close\r\nHost")])
def test_a_client_that_takes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch, request_bytes: bytes) -> None:
    async def work() -> None:
        async with serving(answer_at_length) as (port, server):
            _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
            writer.write(request_bytes)
            await until(lambda: server.server_state.total_requests == 1 or bool(server.server_state.connections))
            await until(lambda: not server.server_state.connections)
            writer.close()

    run(work, monkeypatch)


@pytest.mark.parametrize("sent", [b"", REQUEST[:9], REQUEST[:-1], REQUEST])
def test_silence_has_an_end(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    async def work() -> None:
        async with serving(answer) as (port, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            said = await reader.read()
            assert said.startswith(b"HTTP/1.1 200") == (sent == REQUEST)
            writer.close()

    run(work, monkeypatch)


def test_who_waits_for_us_is_not_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def slowly(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(4 * SHORT)  # with more of the body waiting than is read ahead
        await answer(scope, receive, send)
        await asyncio.sleep(4 * SHORT)

    async def work() -> None:
        async with serving(slowly) as (port, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST / HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n" + bytes(9_000_000))
            assert (await reader.readline()).split()[1] == b"200"
            writer.close()

    run(work, monkeypatch)


def test_the_one_that_has_waited_longest_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, release = asyncio.Event(), asyncio.Event()

    async def when_released(scope: Any, receive: Any, send: Any) -> None:
        asked.set()
        await release.wait()
        await answer(scope, receive, send)

    async def work() -> None:
        async with serving(when_released, _Few) as (port, server):
            owed, owed_writer = await asyncio.open_connection("127.0.0.1", port)
            owed_writer.write(REQUEST)
            await asked.wait()
            others = []
            for _ in range(3):
                others.append(await asyncio.open_connection("127.0.0.1", port))
                await asyncio.sleep(0.02)  # the loop's clock ticks in milliseconds
            assert await others[0][0].read() == b""
            assert len(server.server_state.connections) == 3
            release.set()
            assert (await owed.readline()).split()[1] == b"200"

    run(work, monkeypatch)


class Gate:
    """An application that answers once it is opened."""

    def __init__(self) -> None:
        self.asked = 0
        self.opened = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        await self.opened.wait()
        await answer(scope, receive, send)


def behind(server: uvicorn.Server) -> int:
    """Bytes of the bodies of requests whose turn hasn't come."""
    connections: Any = server.server_state.connections
    return sum(len(cycle.body) for connection in connections for cycle, _ in connection.pipeline)


@on_loop
async def test_of_all_that_is_sent_behind_unanswered_requests_little_is_held() -> None:
    gate = Gate()
    async with serving(gate, _Patient) as (port, server):
        clients = [await asyncio.open_connection("127.0.0.1", port) for _ in range(6)]
        for _, writer in clients:
            writer.write(REQUEST + post(bytes(100_000)))
        await until(lambda: gate.asked == 6)
        await asyncio.sleep(0.1)
        assert behind(server) <= 250_000
        gate.opened.set()
        answers = [await read_answers(reader, writer) for reader, writer in clients]
        assert sorted(answers) == [1, 1, 1, 1, 2, 2]


@pytest.mark.parametrize("leaves", [True, False])
def test_what_was_held_is_let_go_of_with_the_answer_or_the_connection(leaves: bool) -> None:
    async def work() -> None:
        gate = Gate()
        async with serving(gate, _Patient) as (port, server):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(REQUEST + post(bytes(100_000)))
            await until(lambda: behind(server) == 100_000)
            if leaves:
                writer.close()
            gate.opened.set()
            assert leaves or await read_answers(reader, writer) == 2
            await until(lambda: not server.server_state.connections)

    for _ in range(4):
        uvloop.run(asyncio.wait_for(work(), WAIT_SECONDS))


@on_loop
async def test_small_requests_without_bodies_are_counted_too() -> None:
    gate = Gate()
    async with serving(gate, _Patient) as (port, server):
        clients = [await asyncio.open_connection("127.0.0.1", port) for _ in range(6)]
        for _, writer in clients:
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 90)
        await until(lambda: gate.asked == 6)
        await asyncio.sleep(0.1)
        connections: Any = server.server_state.connections
        assert sum(len(connection.pipeline) for connection in connections) < 100
        gate.opened.set()
        for reader, writer in clients:
            assert await read_answers(reader, writer) >= 1


@pytest.mark.parametrize(
    "unreadable",
    [b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 200],
    ids=["two Hosts", "nonsense", "headers"],
)
@pytest.mark.parametrize("whole", [1, 2, 3])
@on_loop
async def test_what_cant_be_read_is_not_the_fault_of_the_requests_before_it(unreadable: bytes, whole: int) -> None:
    gate = Gate()
    async with serving(gate, _Patient) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST * whole + unreadable)
        await until(lambda: gate.asked == 1)
        gate.opened.set()
        assert await read_answers(reader, writer) == whole


@on_loop
async def test_a_large_head_that_is_read_at_once_is_refused() -> None:
    async with serving(answer, _Patient) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"x: %b\r\n" % (b"y" * 2000) * 90 + b"\r\n")
        assert (await reader.readline()).split()[1] == b"431"


@on_loop
async def test_a_connection_that_is_lost_ends_the_request_that_is_answered_and_those_behind_it() -> None:
    gate, told = Gate(), asyncio.Event()

    async def notes_the_end(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "http.request"
        await gate.opened.wait()
        if (await receive())["type"] == "http.disconnect":
            told.set()
        await answer(scope, receive, send)

    async with serving(notes_the_end, _Patient) as (port, server):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST + post(bytes(100_000)))
        await until(lambda: behind(server) == 100_000)
        connections: Any = server.server_state.connections
        next(iter(connections)).transport.abort()
        await until(lambda: not connections)
        gate.opened.set()
        await told.wait()
        writer.close()


class _Counted(BoundedProtocol):
    limits = Limits(connections=50)
    looks = 0

    def _all(self) -> list[BoundedProtocol]:
        type(self).looks += 1
        return super()._all()


@on_loop
async def test_who_gives_way_is_not_looked_for_among_all_each_time() -> None:
    _Counted.looks = 0
    async with serving(answer, _Counted) as (port, server):
        clients = [await asyncio.open_connection("127.0.0.1", port) for _ in range(500)]
        assert await clients[400][0].read() == b""
        await until(lambda: len(server.server_state.connections) == 50)
        assert _Counted.looks < 100
        for _, writer in clients:
            writer.close()


@on_loop
async def test_the_body_of_a_request_to_upgrade_has_an_end() -> None:
    seen = []

    async def notes(_scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        seen.append(body)
        await send(STARTED)
        await send({"type": "http.response.body", "body": b"ok"})

    async with serving(notes, _Patient) as (port, _):
        for body in (b"", b"abc"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            upgrade = post(body).replace(b"Connection: close", b"Connection: Upgrade\r\nUpgrade: h2c")
            writer.write(upgrade + post(b"def"))
            assert await read_answers(reader, writer) == 1
    assert seen == [b"", b"abc"]


class _Brief(BoundedProtocol):
    limits = Limits(heads_bytes=200_000)


@on_loop
async def test_of_many_heads_that_come_no_further_the_oldest_end() -> None:
    async with serving(answer, _Brief) as (port, server):
        clients = []
        for _ in range(20):
            clients.append(await asyncio.open_connection("127.0.0.1", port))
            clients[-1][1].write(b"GET / HTTP/1.1\r\nx: " + b"a" * 50_000)
            await asyncio.sleep(0.02)  # the loop's clock ticks in milliseconds
        with suppress(ConnectionError):
            assert await clients[0][0].read() == b""
        assert len(server.server_state.connections) <= 4
        clients[-1][1].write(b"\r\nConnection: close\r\n\r\n")
        assert await read_answers(*clients[-1]) == 1
        for _, writer in clients:
            writer.close()
        await until(lambda: not server.server_state.connections)
        assert _Brief._totals.heads == 0


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


@pytest.mark.parametrize("gone", [True, False])
def test_a_client_that_is_gone_is_told_from_one_that_sends_no_more(monkeypatch: pytest.MonkeyPatch, gone: bool) -> None:
    told = asyncio.Event()

    async def notes_who_goes(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        leaving = asyncio.create_task(receive())
        await asyncio.wait([leaving], timeout=WAIT_SECONDS if gone else 4 * SHORT)
        if leaving.done():
            told.set()
        leaving.cancel()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    async def work() -> None:
        async with serving(notes_who_goes) as (port, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(REQUEST)
            await writer.drain()
            if gone:
                writer.close()
                await told.wait()
                return
            writer.write_eof()
            said = await reader.read()
            assert (said[:15], said[-2:], told.is_set()) == (b"HTTP/1.1 200 OK", b"ok", False)

    run(work, monkeypatch)
