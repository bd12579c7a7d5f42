"""Connections as HTTP allows them, against the real server with the batching worker: pieces, pipelines, chunks."""

from contextlib import suppress

import pytest

from tests.integration.scoring.client.load import ask_all
from tests.integration.scoring.client.wire import CHUNKED, Wire, alone, chunk, head, post, probabilities, same
from tests.integration.scoring.server.running import Running, size


def test_a_request_byte_by_byte(service: Running, digits: list[bytes]) -> None:
    with Wire(service.port) as wire:
        for byte in post(digits[0]):
            wire.send(bytes([byte]))
        assert wire.answer().status == 200


def test_half_sent_requests_hinder_nobody(service: Running, digits: list[bytes]) -> None:
    request = post(digits[0])
    for end in range(1, len(request), len(request) // 50):
        with Wire(service.port) as wire:
            wire.send(request[:end])
    assert {answer.status for answer in ask_all(service.port, digits, concurrency=4)} == {200}
    assert "Traceback" not in service.log.read_text(encoding="utf-8")


def test_pipelined_requests_are_answered_in_order(service: Running, digits: list[bytes]) -> None:
    expected = alone(service.port, digits)
    with Wire(service.port) as wire:
        wire.send(b"".join(map(post, digits)) + post(b"text") + head(method="GET", path="/") + post(digits[0]))
        answers = [wire.answer() for _ in range(len(digits) + 3)]
    text, health, last = answers[len(digits) :]
    assert same(probabilities(answers[: len(digits)]), expected)
    assert (text.status, text.error) == (415, "UnsupportedImage")
    assert (health.status, health.body) == (200, b"Healthy")
    assert same(probabilities([last]), expected[:1])


def test_a_large_body_with_the_next_request_behind_it(service: Running, digits: list[bytes]) -> None:
    """The packet that ends a body of 200 kB and begins the next head isn't a head of 200 kB."""
    first, second = post(digits[0] + bytes(200_000)), post(digits[1])
    with Wire(service.port) as wire:
        for _ in range(10):
            wire.send(first + second[:20])
            assert wire.answer().status == 200
            wire.send(second[20:])
            assert wire.answer().status == 200


def test_pipelining_without_end_is_stopped(service: Running, digits: list[bytes]) -> None:
    before = size(service)
    with Wire(service.port) as wire:
        wire.socket.settimeout(1)
        with suppress(OSError):  # closed, or no longer read
            for _ in range(200):
                wire.send(post(b"") * 3000)  # 150 kB
        assert size(service).rss_mib < before.rss_mib + 100
    assert ask_all(service.port, digits, concurrency=4)[-1].status == 200


def test_a_connection_is_reused(service: Running, digits: list[bytes]) -> None:
    with Wire(service.port) as wire:
        statuses = [wire.ask(post(body)).status for body in [*digits, b"", b"text", digits[0][:500]] * 3]
    assert statuses == [*[200] * len(digits), 400, 415, 400] * 3


def test_connection_close_is_obeyed(service: Running, digits: list[bytes]) -> None:
    with Wire(service.port) as wire:
        assert wire.ask(post(digits[0], "Connection: close")).status == 200
        assert wire.ended()


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_chunked_bodies(service: Running, digits: list[bytes], size: int) -> None:
    parts = [digits[0][start : start + size] for start in range(0, len(digits[0]), size)]
    with Wire(service.port) as wire:
        answer = wire.ask(CHUNKED + b"".join(map(chunk, [*parts, b""])))
        assert same(probabilities([answer]), alone(service.port, digits[:1]))
        assert wire.ask(post(digits[0])).status == 200


def test_a_chunked_body_over_the_limit(service: Running, digits: list[bytes]) -> None:
    with Wire(service.port) as wire:
        wire.send(CHUNKED)
        for _ in range(30):
            wire.send(chunk(bytes(2**20)))
        answer = wire.ask(chunk(b""))
        assert (answer.status, answer.error) == (413, "ImageTooLarge")
        assert wire.ask(post(digits[0])).status == 200


def test_expect_100_continue(service: Running, digits: list[bytes]) -> None:
    with Wire(service.port) as wire:
        interim = wire.ask(head(f"Content-Length: {len(digits[0])}", "Expect: 100-continue"))
        assert (interim.status, wire.ask(digits[0]).status) == (100, 200)


def test_http_1_0(service: Running, digits: list[bytes]) -> None:
    with Wire(service.port) as wire:
        answer = wire.ask(post(digits[0], version="1.0"))
        assert (answer.status, answer.headers["content-length"]) == (200, str(len(answer.body)))
        assert wire.ended()
