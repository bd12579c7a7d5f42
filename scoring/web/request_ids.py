"""The ids that azmlinfsrv gives back with every answer, by its own rules (its server/routes.py, version 1.5.1)."""

import random
from collections.abc import Iterable

MAX_LENGTH = 100
ECHOED = (b"x-request-id", b"x-ms-request-id", b"x-ms-client-request-id", b"traceid")

FIXED = 0xF << 76 | 0x3 << 62
"""The bits of a UUID that tell its version and variant (RFC 9562, 4)."""
VERSION_4 = 0x4 << 76 | 0x2 << 62

Headers = Iterable[tuple[bytes, bytes]]


def response_ids(request_headers: Headers) -> Headers | None:
    """The id headers of the answer; None when one of the request's is too long, which the server answers with 431."""
    given = {name: value for name, value in request_headers if name in ECHOED}
    if not given:
        request_id = _new_id()
        return [(b"x-request-id", request_id), (b"x-ms-request-id", request_id)]
    if any(len(value) > MAX_LENGTH for name, value in given.items() if name != b"traceid"):
        return None
    request_id = given.get(b"x-request-id", _new_id())
    legacy_id = given.get(b"x-ms-request-id", b"")
    client_id = given.get(b"x-ms-client-request-id", b"") or legacy_id
    ids = {
        b"x-request-id": request_id,
        b"x-ms-request-id": legacy_id or client_id or request_id,
        b"x-ms-client-request-id": client_id,
        b"TraceId": given.get(b"traceid", b""),
    }
    return [(name, value) for name, value in ids.items() if value]


def _new_id() -> bytes:
    # A random UUID as the server's, without asking the kernel for each: an id needn't be unguessable. Nor is it made by
    # the library, which takes five times as long.
    digits = b"%032x" % (random.getrandbits(128) & ~FIXED | VERSION_4)
    return b"%b-%b-%b-%b-%b" % (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
