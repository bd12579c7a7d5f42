"""The bodies that are being read: they and those that wait have one bound, and the oldest gives way to others."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False, slots=True)
class Body:
    """One of them, which `reader` reads."""

    reader: "asyncio.Task[Any]"
    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    gave_way: bool = False


class Arriving:
    """`room()` tells how many bytes may be held beside what waits to be scored.

    Whoever sends half a body and no more would else keep out everybody until its deadline. It is the age that counts,
    not the silence: a byte now and then costs a client nothing.
    """

    def __init__(self, room: Callable[[], int]) -> None:
        self._room = room
        self._bodies: dict[Body, None] = {}
        """The oldest first."""
        self._size = 0

    def add(self, body: Body, part: bytes) -> bool:
        """Whether there was room for `part` of `body`, or could be made."""
        room = self._room() - len(part)
        if self._size > room and not self._make_room(body, room):
            return False
        self._bodies[body] = None
        body.parts.append(part)
        body.size += len(part)
        self._size += len(part)
        return True

    def forget(self, body: Body) -> None:
        """Hold nothing of `body`."""
        self._bodies.pop(body, None)
        self._size -= body.size
        body.parts.clear()
        body.size = 0

    def _make_room(self, body: Body, room: int) -> bool:
        if body.size > room:
            return False
        for oldest in list(self._bodies):
            if self._size <= room or oldest is body:
                break
            oldest.gave_way = True
            oldest.reader.cancel()
            self.forget(oldest)
        return self._size <= room
