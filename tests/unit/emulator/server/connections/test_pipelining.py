"""Requests behind others on one connection."""

import asyncio
from typing import Any

import pytest
import uvicorn
import uvloop

from azureml_emulator.server.connections.bounded import BoundedProtocol
from azureml_emulator.server.connections.limits import Limits
from tests.unit.emulator.server.connections.serving import (
    REQUEST,
    STARTED,
    WAIT_SECONDS,
    answer,
    on_loop,
    post,
    read_answers,
    serving,
    until,
)


class _Patient(BoundedProtocol):
    limits = Limits(pipelined_bytes=250_000)


class Gate:
    """An application that answers once it is opened."""

    def __init__(self) -> None:
        self.asked = 0
        self.opened = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        await self.opened.wait()
        await answer(scope, receive, send)


def read_on(server: uvicorn.Server, whole: int) -> int:
    """Connections of which more is read: those that aren't paused, and haven't `whole` requests behind the first."""
    connections: Any = server.server_state.connections
    return sum(not one.flow.read_paused and len(one.pipeline) < whole for one in connections)


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
        await until(lambda: gate.asked == 6 and not read_on(server, 1))
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
        await until(lambda: gate.asked == 6 and not read_on(server, 89))
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
