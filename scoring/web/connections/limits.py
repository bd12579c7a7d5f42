"""How much of anything one listener bears of its clients."""

import resource
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Beyond a number or size with a status, a request is refused by it; beyond the others, the connection ends."""

    connections: int = 1000
    """Open at once; one more takes the place of the one that has waited for its client longest."""

    head_bytes: int = 64 * 2**10
    """Of a request's head, of its trailers, or of the line before a chunk: 431."""

    heads_bytes: int = 8 * 2**20
    """Of all heads that haven't come whole: those that began first end."""

    target_bytes: int = 8 * 2**10
    """Of a request's target: 414."""

    headers: int = 100
    """With the trailers: 431."""

    pipelined: int = 100
    """Requests that wait for the answer to the one before them."""

    pipelined_bytes: int = 16 * 2**20
    """What such requests take in memory, those of all connections together."""

    bodies_bytes: int = 2 * 2**20
    """Of all bodies that the application hasn't taken yet: until then, nothing more is read."""

    head_seconds: float = 60
    """From a head's first byte to its end."""

    body_seconds: float = 60
    """Between two pieces of a body; to its end, once the request is answered."""

    keep_alive_seconds: float = 75
    """Without a byte of a request: longer than clients and proxies keep a connection, so that it is they who end it."""

    send_seconds: float = 60
    """For the client to take what is sent to it, but for the little that always has room in buffers."""


def most_connections(wanted: int) -> int:
    """`wanted`, or fewer where the process may open few files: a request may take others beside its connection."""
    return max(1, min(wanted, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4))
