"""Bodies that are held in memory, several at once."""

from __future__ import annotations

import asyncio

import pytest
from starlette.requests import Request
from starlette.types import Message

from azureml_emulator.errors import Busy
from azureml_emulator.server.requests.whole_body import HELD, read_whole

WAIT_SECONDS = 20


class Client:
    """Sends a body piece by piece."""

    def __init__(self) -> None:
        self._pieces: asyncio.Queue[Message] = asyncio.Queue()
        request = Request({"type": "http", "method": "POST", "headers": []}, self._pieces.get)
        self.read = asyncio.create_task(read_whole(request, HELD))

    async def send(self, size: int, *, more: bool = True) -> None:
        self._pieces.put_nowait({"type": "http.request", "body": bytes(size), "more_body": more})
        for _ in range(3):
            await asyncio.sleep(0)  # it is read


@pytest.mark.parametrize("trickling", [False, True])
def test_half_sent_bodies_keep_nobody_out(trickling: bool) -> None:
    async def work() -> None:
        halves = [Client() for _ in range(4)]
        for half in halves:
            await half.send(HELD // 4)
        good = Client()
        await good.send(1000, more=False)
        assert len(await good.read) == 1000
        if trickling:
            with pytest.raises(Busy):
                await asyncio.gather(halves[0].send(1), halves[0].read)
        for half in halves[1:]:
            await half.send(1000 if half is halves[1] else 0, more=False)
        assert [len(await half.read) for half in halves[1:]] == [HELD // 4 + 1000, HELD // 4, HELD // 4]
        halves[0].read.cancel()

    asyncio.run(asyncio.wait_for(work(), WAIT_SECONDS))


def test_who_needs_more_than_there_is_is_refused_itself() -> None:
    async def work() -> None:
        first, second = Client(), Client()
        await first.send(HELD // 2)
        await second.send(HELD // 2)
        await first.send(1)
        with pytest.raises(Busy):
            await first.read
        await second.send(0, more=False)
        assert len(await second.read) == HELD // 2

    asyncio.run(asyncio.wait_for(work(), WAIT_SECONDS))
