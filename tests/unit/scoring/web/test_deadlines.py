import asyncio
from collections.abc import Callable

import pytest
import uvloop

from scoring.web.deadlines import Deadlines

LONG = 60.0


async def late(deadlines: Deadlines, name: str, ended: list[str]) -> None:
    task = asyncio.current_task()
    assert task
    deadlines.begin(task, asyncio.get_running_loop())
    try:
        await asyncio.sleep(LONG)
    except asyncio.CancelledError:
        ended.append(name)
    finally:
        deadlines.end(task)


@pytest.mark.parametrize("run", [uvloop.run, asyncio.run])
def test_each_is_cancelled_and_the_oldest_first(run: Callable[..., None]) -> None:
    ended: list[str] = []

    async def begin() -> None:
        deadlines = Deadlines(0.05)
        first = asyncio.create_task(late(deadlines, "first", ended))
        await asyncio.sleep(0.02)
        second = asyncio.create_task(late(deadlines, "second", ended))
        await asyncio.gather(first, second)
        await late(deadlines, "third", ended)  # when none was left to wait for

    run(begin())
    assert ended == ["first", "second", "third"]


def test_what_was_ended_is_left_alone() -> None:
    async def begin() -> str:
        deadlines = Deadlines(0.01)
        task = asyncio.current_task()
        assert task
        deadlines.begin(task, asyncio.get_running_loop())
        deadlines.end(task)
        deadlines.end(task)
        await asyncio.sleep(0.05)
        return "done"

    assert uvloop.run(begin()) == "done"
