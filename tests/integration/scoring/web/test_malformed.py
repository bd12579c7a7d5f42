"""Requests that aren't HTTP, or only just, against the real server with the batching worker."""

from contextlib import suppress

import pytest

from tests.integration.scoring.client.wire import CHUNKED, Wire, head, post
from tests.integration.scoring.server.running import Running


def test_a_head_without_end_is_refused(service: Running) -> None:
    with Wire(service.port) as wire:
        wire.send(head()[:-2])
        with suppress(ConnectionError):  # closed while more is sent
            for number in range(1000):
                wire.send(b"x-%d: %b\r\n" % (number, b"x" * 1000))
        assert wire.answer().status == 431
        assert wire.ended()


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\0\0\0\0\r\n\r\n",
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"POST /score\r\n\r\n",
        b"POST /score HTTP/9.9\r\n\r\n",
        b"PO ST /score HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST  HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /score HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST /score HTTP/1.1\r\nHost: a\r\nname : value\r\n\r\n",
        b"POST /score HTTP/1.1\r\nHost: a\r\nx: \x01\x7f\r\n\r\n",
        b"POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 1e3\r\n\r\n",
        b"POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"POST /score HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /score HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
        CHUNKED + b"xyz\r\n",
        CHUNKED + b"-1\r\n",
        CHUNKED + b"fffffffffffffffff\r\n",
        CHUNKED + b"2\r\nabc\r\n0\r\n\r\n",
    ],
)
def test_malformed_requests(service: Running, request_bytes: bytes) -> None:
    with Wire(service.port) as wire:
        assert wire.ask(request_bytes).status == 400
        assert wire.ended()


@pytest.mark.parametrize(
    "path", ["/score?\xff", "/%ff", "/score%00", "/\xe4", "//score", "/../score", "/score/", "http://x/score?a=%"]
)
def test_odd_paths_are_the_clients_fault_if_any(service: Running, digits: list[bytes], path: str) -> None:
    with Wire(service.port) as wire:
        request = head(f"Content-Length: {len(digits[0])}", path=path) + digits[0]
        assert 200 <= wire.ask(request).status < 500


@pytest.mark.parametrize("name", ["x-request-id", "x-ms-request-id", "x-ms-client-request-id", "traceid", "x-other"])
@pytest.mark.parametrize("value", ["", " ", "\t", "\xe4\xff", "a\r\n b", "a\tb", ";=,\"'"])
def test_odd_header_values_do_no_harm(service: Running, digits: list[bytes], name: str, value: str) -> None:
    with Wire(service.port) as wire:
        assert wire.ask(post(digits[0], f"{name}: {value}")).status in (200, 400)
