"""What a connection may take: time, numbers, bytes of heads."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from azureml_emulator.server.connections.bounded import BoundedProtocol
from azureml_emulator.server.connections.limits import Limits
from tests.unit.emulator.server.connections.serving import (
    REQUEST,
    SHORT,
    STARTED,
    WAIT_SECONDS,
    answer,
    on_loop,
    read_answers,
    run,
    serving,
    until,
)

LARGE = bytes(30 * 2**20)  # more than the system buffers


class _Few(BoundedProtocol):
    limits = Limits(connections=3)


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
