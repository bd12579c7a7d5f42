"""Bodies that the application takes late or not at all, and what is left of a connection that has ended."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
import uvicorn

from azureml_emulator.server.connections import bodies
from azureml_emulator.server.connections.bounded import BoundedProtocol
from azureml_emulator.server.connections.limits import Limits
from tests.unit.emulator.server.connections.serving import STARTED, answer, on_loop, serving, until

MOST = 300_000
PIECE = 256 * 2**10  # what is read of a connection at once
CLIENTS = 20
REQUEST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + bytes(200_000)


class _Small(BoundedProtocol):
    limits = Limits(bodies_bytes=MOST)


def untaken(server: uvicorn.Server) -> int:
    connections: Any = server.server_state.connections
    return sum(len(connection.cycle.body) for connection in connections if connection.cycle)


async def told(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """The status; 503, too, where the connection was ended: the system forgets an answer when data is left unread."""
    try:
        return (await reader.readline()).split()[1]
    except ConnectionError:
        return b"503"
    finally:
        writer.close()


async def answers(gate: asyncio.Event, least: int) -> list[bytes]:
    """The statuses of many requests whose bodies are taken once `gate` is open, which is after `least` have come."""
    asked = 0

    async def late(scope: Any, receive: Any, send: Any) -> None:
        nonlocal asked
        asked += 1
        await gate.wait()
        await answer(scope, receive, send)

    async with serving(late, _Small) as (port, server):
        clients = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CLIENTS)]
        for _, writer in clients:
            writer.write(REQUEST)
        await until(lambda: asked >= least)
        assert untaken(server) <= 2 * MOST + PIECE
        gate.set()
        return sorted([await told(*client) for client in clients])


@on_loop
async def test_nothing_more_is_read_until_the_application_takes_what_has_come() -> None:
    assert await answers(asyncio.Event(), 2) == [b"200"] * CLIENTS


def test_the_oldest_give_way_where_the_application_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "HOLD_SECONDS", 0.1)

    @on_loop
    async def work() -> None:
        statuses = await answers(asyncio.Event(), CLIENTS)
        assert set(statuses) == {b"200", b"503"}

    work()


@on_loop
async def test_what_is_left_when_the_answer_or_the_connection_has_ended() -> None:
    async def at_once(_scope: Any, _receive: Any, send: Any) -> None:
        await send(STARTED)
        await send({"type": "http.response.body", "body": b"ok"})

    gc.collect()
    gc.disable()
    try:
        async with serving(at_once, _Small) as (port, server):
            clients = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CLIENTS)]
            for _, writer in clients:
                writer.write(REQUEST[:-1])
            await until(lambda: server.server_state.total_requests == CLIENTS)
            assert untaken(server) == 0
            for _, writer in clients:
                writer.close()
            await until(lambda: not server.server_state.connections)
            await asyncio.sleep(0)
            left = [one for one in gc.get_objects() if isinstance(one, _Small)]
            assert len(left) <= 1  # that which looks at all of them once a second
    finally:
        gc.enable()
