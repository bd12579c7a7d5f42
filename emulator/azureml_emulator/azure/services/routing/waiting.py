"""Requests that wait for a replica with room for one more, first come, first served."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from typing import NamedTuple

from azureml_emulator.azure.services.replicas.replica import Replica


class Overloaded(Exception):
    """No replica became free within the service's queue wait."""


class _Waiter(NamedTuple):
    turn: "asyncio.Future[Replica]"
    limit: float
    avoided: Collection[Replica]


class WaitingLine:
    def __init__(self, replicas: Callable[[], list[Replica]]) -> None:
        self._replicas = replicas
        self._waiters: deque[_Waiter] = deque()

    def __len__(self) -> int:
        return len(self._waiters)

    async def take(self, limit: float, seconds: float, avoided: Collection[Replica]) -> Replica:
        """The least busy replica with fewer than `limit` requests; it has one more now. Raises Overloaded."""
        if not self._waiters and (replica := self._free(limit, avoided)):
            replica.in_flight += 1
            return replica
        loop = asyncio.get_running_loop()
        waiter = _Waiter(loop.create_future(), limit, avoided)
        self._waiters.append(waiter)
        timer = loop.call_later(seconds, self._give_up, waiter)
        try:
            return await waiter.turn
        except asyncio.CancelledError:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
            elif waiter.turn.exception() is None:
                self.give_back(waiter.turn.result())
            raise
        finally:
            timer.cancel()

    def give_back(self, replica: Replica) -> None:
        replica.in_flight -= 1
        self.serve()

    def serve(self) -> None:
        """Called when a replica became free or was added."""
        for waiter in [one for one in self._waiters if not one.turn.done()]:  # one may just have been cancelled
            if replica := self._free(waiter.limit, waiter.avoided):
                self._waiters.remove(waiter)
                replica.in_flight += 1
                waiter.turn.set_result(replica)
            elif not waiter.avoided:
                return  # who comes later gets none, either

    def _give_up(self, waiter: _Waiter) -> None:
        if not waiter.turn.done():
            self._waiters.remove(waiter)
            waiter.turn.set_exception(Overloaded())

    def _free(self, limit: float, avoided: Collection[Replica]) -> Replica | None:
        free = [
            one
            for one in self._replicas()
            if one.serving and one.ready and one.in_flight < limit and one not in avoided
        ]
        return min(free, key=lambda replica: replica.in_flight, default=None)
