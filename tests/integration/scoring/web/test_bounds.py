"""What a replica takes of one client, and of many at once; tests/soak has the long forms."""

from contextlib import suppress

import pytest

from tests.integration.attacks import MIB, ended, growing_heads, many, status, still_open, taken
from tests.integration.scoring.client.wire import CHUNKED, Wire, chunk, head, post
from tests.integration.scoring.server.running import Running, size, until

MOST = 48 * MIB
BUFFERED = 16 * MIB  # what lies in the system's buffers when a connection ends
KINDS = growing_heads("/score")


@pytest.mark.parametrize("kind", KINDS)
def test_a_head_without_end_is_ended(service: Running, kind: str) -> None:
    before = size(service)
    assert taken(service.port, *KINDS[kind], MOST) < BUFFERED
    assert size(service).rss_mib < before.rss_mib + 30


@pytest.mark.parametrize(
    ("request_bytes", "expected"),
    [
        (head(*[f"x-{number}: a" for number in range(100)]), 431),  # and the Host
        (head(path="/" + "x" * 9000), 414),
        (head(*[f"x-{number}: {'x' * 7000}" for number in range(20)])[:-2] + b"y" * 70_000, 431),
        (CHUNKED + b"0\r\n" + b"a: b\r\n" * 200 + b"\r\n", 431),
        (CHUNKED + b"1;" + b"x" * 400_000, 431),
    ],
    ids=["headers", "target", "head", "trailers", "chunk extension"],
)
def test_too_large_heads_are_told_so(service: Running, request_bytes: bytes, expected: int) -> None:
    with Wire(service.port) as wire:
        with suppress(ConnectionError):
            wire.send(request_bytes)
        assert wire.answer().status == expected
        assert wire.ended()


def test_a_trailer_is_no_header(service: Running, digits: list[bytes]) -> None:
    with Wire(service.port) as wire:
        trailers = b"0\r\nx-ms-client-request-id: sneaked in\r\n\r\n"
        answer = wire.ask(CHUNKED + chunk(digits[0]) + trailers)
        assert (answer.status, "x-ms-client-request-id" in answer.headers) == (200, False)
        assert wire.ask(post(digits[0])).status == 200


def test_garbage_behind_a_request_is_not_its_answer(service: Running, digits: list[bytes]) -> None:
    with Wire(service.port) as wire:
        assert wire.ask(post(digits[0]) + b"nonsense\r\n\r\n").status == 200
        assert wire.ended()


def test_more_connections_than_there_may_be(service: Running, digits: list[bytes]) -> None:
    """Those that have been silent longest give way; whoever asks is answered."""
    before = size(service)
    with many(service.port, 1200) as clients, Wire(service.port) as wire:
        assert wire.ask(post(digits[0])).status == 200
        assert still_open(clients[:150]) == 0
        assert still_open(clients[-900:]) == 900
        assert size(service).rss_mib < before.rss_mib * 1.2
    with Wire(service.port) as wire:
        assert wire.ask(post(digits[0])).status == 200


def test_connections_with_half_a_request_give_way_too(service: Running, digits: list[bytes]) -> None:
    with many(service.port, 1200, send=head("Content-Length: 100000") + bytes(10)), Wire(service.port) as wire:
        assert wire.ask(post(digits[0])).status == 200


@pytest.mark.parametrize(
    "sent",
    [head()[:-2], b"POST", head("Content-Length: 9"), CHUNKED + b"1", CHUNKED + b"1\r\nx\r\n0\r\na: b\r\n"],
    ids=["head", "method", "body", "chunk line", "trailers"],
)
def test_a_request_that_stops_is_given_up(hurried: Running, sent: bytes) -> None:
    with Wire(hurried.port) as wire:
        wire.send(sent)
        assert ended(wire.socket)


def test_a_reader_that_takes_nothing_is_given_up(hurried: Running, digits: list[bytes]) -> None:
    """Its answers fill what the system buffers; then it has as long as an answer may take."""
    before = size(hurried)
    with Wire(hurried.port) as wire:
        request = head(method="GET", path="/swagger.json")
        with suppress(OSError):
            wire.socket.settimeout(5)
            for _ in range(5000):
                wire.send(request * 90)
        until(lambda: size(hurried).rss_mib < before.rss_mib + 30, "what was held to be freed")
        with Wire(hurried.port) as other:
            assert other.ask(head(method="GET", path="/")).status == 200


def test_the_rest_of_an_answered_request_has_an_end(hurried: Running) -> None:
    with Wire(hurried.port) as wire:
        wire.send(head("Content-Length: 100", method="GET", path="/nothing"))
        assert status(wire.socket) == 404
        assert ended(wire.socket, 20)
