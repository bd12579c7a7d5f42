"""Bodies that are held in memory: no more of one than its route takes, and no more of all that are on their way."""

from dataclasses import dataclass, field
from typing import ClassVar

from starlette.requests import Request

from azureml_emulator.errors import BadRequest, Busy

HELD = 8 * 1024 * 1024
"""Bytes of all bodies of which something is still to come."""
DRAINED = 100 * 1024 * 1024
"""Bytes of a too long body that are read and thrown away: most clients see no answer before they have sent all."""


@dataclass(eq=False)
class _Body:
    """One that is being read."""

    chunks: list[bytes] = field(default_factory=list)
    size: int = 0
    gave_way: bool = False


class _Held:
    """What the bodies of this process have in memory."""

    size = 0
    bodies: ClassVar[dict[_Body, None]] = {}
    """The oldest first."""


async def read_whole(request: Request, limit: int, kind: str = "JSON") -> bytes:
    """Raises BadRequest for more than `limit` bytes, Busy when other bodies hold too much.

    The oldest gives way to others, or half a body that comes no further would keep out everybody.
    """
    body, size = _Body(), 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size <= limit:
                _take(body, chunk)
            elif size > DRAINED:
                break
        if size > limit:
            raise BadRequest(f"the body has {size} bytes: {kind} of at most {limit} bytes is read")
        if body.gave_way:
            raise _busy()
        return b"".join(body.chunks)
    finally:
        _let_go(body)


def _take(body: _Body, chunk: bytes) -> None:
    if body.gave_way:
        raise _busy()
    while _Held.size + len(chunk) > HELD:
        oldest = next(iter(_Held.bodies), body)
        if oldest is body:
            raise _busy()
        _let_go(oldest)
        oldest.gave_way = True
    _Held.bodies[body] = None
    _Held.size += len(chunk)
    body.size += len(chunk)
    body.chunks.append(chunk)


def _let_go(body: _Body) -> None:
    _Held.bodies.pop(body, None)
    _Held.size -= body.size
    body.size = 0
    body.chunks.clear()


def _busy() -> Busy:
    return Busy("too many large bodies are on their way at once: try again in a second")
