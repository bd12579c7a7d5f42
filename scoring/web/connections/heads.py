"""Heads that the parser lets through, and that two servers could read in two ways."""

Headers = list[tuple[bytes, bytes]]

TOO_LARGE = 431, "The request's head, trailers or a chunk's line are too large."


def size_of_head(target: bytes, headers: Headers) -> int:
    """Bytes, without what is the same in all."""
    return len(target) + sum([len(name) + len(value) for name, value in headers])


def refusal_of_head(version: str, names: list[bytes], headers: Headers) -> tuple[int, str] | None:
    """Status and reason where gunicorn would refuse the request, too. `names` are those of `headers`, in lower case."""
    if version == "0.9":
        return 400, "HTTP/0.9 is not spoken here."
    if names.count(b"host") > 1:
        return 400, "The request has more than one Host."
    if version == "1.0" and b"transfer-encoding" in names:
        return 400, "HTTP/1.0 has no Transfer-Encoding."
    if b"expect" in names and dict(headers)[b"expect"].lower() != b"100-continue":
        return 417, "Only Expect: 100-continue can be met."
    return None
