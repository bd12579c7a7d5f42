"""The line of requests in front of a service's replicas."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import cast

import pytest

from azureml_emulator.azure.services.replicas.replica import Replica
from azureml_emulator.azure.services.routing.waiting import Overloaded, WaitingLine


@dataclass
class Place:
    """As much of a replica as the line looks at."""

    in_flight: int = 0
    serving: bool = True
    ready: bool = True


def line(*places: Place) -> WaitingLine:
    return WaitingLine(lambda: cast("list[Replica]", list(places)))


async def take(line: WaitingLine, seconds: float = 5, limit: int = 1, avoided: tuple[Place, ...] = ()) -> Place:
    return cast(Place, await line.take(limit, seconds, cast("list[Replica]", list(avoided))))


def give_back(line: WaitingLine, place: Place) -> None:
    line.give_back(cast(Replica, place))


def test_the_least_busy_replica_that_serves() -> None:
    places = Place(1), Place(0), Place(0, serving=False), Place(0, ready=False)
    assert asyncio.run(take(line(*places), limit=2)) is places[1]
    assert [place.in_flight for place in places] == [1, 1, 0, 0]


def test_first_come_first_served() -> None:
    async def run() -> list[int]:
        place, order = Place(1), list[int]()
        waiting = line(place)

        async def ask(number: int) -> None:
            await take(waiting)
            order.append(number)
            give_back(waiting, place)

        tasks = [asyncio.create_task(ask(number)) for number in range(5)]
        await asyncio.sleep(0)
        give_back(waiting, place)
        await asyncio.gather(*tasks)
        assert place.in_flight == 0
        return order

    assert asyncio.run(run()) == [0, 1, 2, 3, 4]


def test_one_that_avoids_the_free_replica_lets_others_pass() -> None:
    async def run() -> None:
        dead, other = Place(1), Place(1)
        waiting = line(dead, other)
        again = asyncio.create_task(take(waiting, avoided=(dead,)))
        await asyncio.sleep(0)
        fresh = asyncio.create_task(take(waiting))
        await asyncio.sleep(0)
        give_back(waiting, dead)
        assert await fresh is dead
        give_back(waiting, other)
        assert await again is other

    asyncio.run(run())


def test_nobody_waits_longer_than_was_said() -> None:
    async def run() -> None:
        waiting = line(Place(1))
        with pytest.raises(Overloaded):
            await take(waiting, seconds=0.01)
        assert len(waiting) == 0

    asyncio.run(run())


@pytest.mark.parametrize("served", [False, True])
def test_one_that_is_cancelled_takes_no_place(served: bool) -> None:
    async def run() -> None:
        place = Place(1)
        waiting = line(place)
        task = asyncio.create_task(take(waiting))
        await asyncio.sleep(0)
        if served:
            give_back(waiting, place)  # it is its turn, but it has not run again yet
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (len(waiting), place.in_flight) == (0, int(not served))

    asyncio.run(run())


def test_one_that_was_cancelled_at_that_very_moment() -> None:
    """Its task doesn't know yet: the replica goes to the next."""

    async def run() -> tuple[bool, int]:
        place = Place(1)
        waiting = line(place)
        first, second = (asyncio.create_task(take(waiting)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        give_back(waiting, place)
        return await second is place, place.in_flight

    assert asyncio.run(run()) == (True, 1)
