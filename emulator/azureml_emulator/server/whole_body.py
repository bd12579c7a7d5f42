"""Bodies that are held in memory: no more of one than its route takes, and no more of all that are on their way."""

from starlette.requests import Request

from azureml_emulator.errors import BadRequest, Busy

HELD = 8 * 1024 * 1024
"""Bytes of all bodies of which something is still to come."""
DRAINED = 100 * 1024 * 1024
"""Bytes of a too long body that are read and thrown away: most clients see no answer before they have sent all."""


class _Held:
    """What the bodies of this process have in memory."""

    size = 0


async def read_whole(request: Request, limit: int, kind: str = "JSON") -> bytes:
    """Raises BadRequest for more than `limit` bytes, Busy when other bodies hold too much."""
    chunks: list[bytes] = []
    size = held = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size <= limit:
                _take(len(chunk))
                held += len(chunk)
                chunks.append(chunk)
            elif size > DRAINED:
                break
    finally:
        _Held.size -= held
    if size > limit:
        raise BadRequest(f"the body has {size} bytes: {kind} of at most {limit} bytes is read")
    return b"".join(chunks)


def _take(size: int) -> None:
    if _Held.size + size > HELD:
        raise Busy("too many large bodies are on their way at once: try again in a second")
    _Held.size += size
