"""By the rules of azmlinfsrv; that the two agree over HTTP is an integration test."""

import uuid

import pytest

from scoring.web.request_ids import MAX_LENGTH, response_ids


def test_without_ids_one_is_made() -> None:
    ids = dict(response_ids([(b"host", b"x"), (b"content-type", b"image/jpeg")]) or [])
    assert set(ids) == {b"x-request-id", b"x-ms-request-id"}
    assert ids[b"x-request-id"] == ids[b"x-ms-request-id"]
    made = uuid.UUID(ids[b"x-request-id"].decode())
    assert (made.version, made.variant) == (4, uuid.RFC_4122)
    assert ids[b"x-request-id"] == str(made).encode()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({b"x-request-id": b"a"}, {b"x-request-id": b"a", b"x-ms-request-id": b"a"}),
        (
            {b"x-request-id": b"a", b"x-ms-client-request-id": b"b"},
            {b"x-request-id": b"a", b"x-ms-request-id": b"b", b"x-ms-client-request-id": b"b"},
        ),
        (
            {b"x-request-id": b"a", b"x-ms-request-id": b"c"},
            {b"x-request-id": b"a", b"x-ms-request-id": b"c", b"x-ms-client-request-id": b"c"},
        ),
        (
            {b"x-request-id": b"a", b"traceid": b"t"},
            {b"x-request-id": b"a", b"x-ms-request-id": b"a", b"TraceId": b"t"},
        ),
    ],
)
def test_given_ids_come_back(given: dict[bytes, bytes], expected: dict[bytes, bytes]) -> None:
    assert dict(response_ids(given.items()) or []) == expected


@pytest.mark.parametrize("name", [b"x-request-id", b"x-ms-request-id", b"x-ms-client-request-id"])
def test_long_ids_are_the_servers_business(name: bytes) -> None:
    assert response_ids([(name, b"a" * MAX_LENGTH)]) is not None
    assert response_ids([(name, b"a" * (MAX_LENGTH + 1))]) is None
