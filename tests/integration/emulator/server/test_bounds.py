"""What the local workspace and its router take of one client, and of many at once; tests/soak has the long forms."""

from __future__ import annotations

import json
import os
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from azureml_emulator.server.requests.body import VALUES
from tests.integration.attacks import MIB, connect, ended, growing_heads, many, peak, status, still_open, storms, taken
from tests.integration.emulator.waiting import Emulator

Rest = Callable[..., requests.Response]
MOST = 48 * MIB
BUFFERED = 16 * MIB
PATHS = {"workspace": "/history/v1.0/runs", "router": "/api/v1/service/none/score"}
KINDS = list(growing_heads("/"))


@pytest.fixture(scope="module")
def port(emulator: Emulator) -> int:
    return urlsplit(emulator.http).port or 0


@pytest.fixture(scope="module")
def process(emulator: Emulator) -> psutil.Process:
    return psutil.Process(emulator.address["pid"])


def healthy(emulator: Emulator) -> bool:
    return requests.get(f"{emulator.http}/health", timeout=300).ok  # late on a busy machine, but answered


@pytest.mark.parametrize("where", PATHS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_head_without_end_is_ended(port: int, process: psutil.Process, where: str, kind: str) -> None:
    with peak(process) as growth:
        assert taken(port, *growing_heads(PATHS[where])[kind], MOST) < BUFFERED
        assert growth() < 1.2


def test_more_connections_than_there_may_be(emulator: Emulator, port: int, process: psutil.Process) -> None:
    with peak(process) as growth, many(port, 1200) as clients:
        assert healthy(emulator)
        assert still_open(clients[:150]) == 0
        assert growth() < 1.2
    assert healthy(emulator)


def test_silence_before_the_handshake(emulator: Emulator, process: psutil.Process) -> None:
    tls = urlsplit(emulator.address["tls"])
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with peak(process) as growth, many(tls.port or 0, 400) as clients:
        with trusting.wrap_socket(connect(tls.port or 0)) as secure:
            secure.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
            assert secure.recv(12) == b"HTTP/1.1 200"
        assert still_open(clients) < 50
        assert growth() < 1.2


def test_silence_after_the_handshake(emulator: Emulator, process: psutil.Process) -> None:
    tls = urlsplit(emulator.address["tls"])
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with peak(process) as growth, ExitStack() as stack:
        for _ in range(300):
            secure = stack.enter_context(trusting.wrap_socket(connect(tls.port or 0)))
        secure.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        assert secure.recv(12) == b"HTTP/1.1 200"
        assert growth() < 1.3


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"[" + b"[]," * (VALUES + 1) + b"[]]", "values: JSON of at most"),
        (b"[" + b"{}," * (VALUES + 1) + b"{}]", "values: JSON of at most"),
        (b"[" + b"1," * (VALUES + 1) + b"1]", "values: JSON of at most"),
        (b'["' + b"x" * 60 * MIB + b'"]', "JSON of at most"),
    ],
    ids=["lists", "objects", "numbers", "60 MB"],
)
def test_large_json(rest: Rest, process: psutil.Process, body: bytes, named: str) -> None:
    with peak(process) as growth:
        answer = rest("PATCH", "/history/v1.0", "/experiments/bodies/runs/large", data=body)
        assert (answer.status_code, named in answer.json()["error"]["message"]) == (400, True)
        assert growth() < 1.2


def test_commas_in_a_text_are_no_values(rest: Rest) -> None:
    text = 'a "quoted", [listed], {kept} \\ text' * 8000
    answer = rest("PATCH", "/history/v1.0", "/experiments/bodies/runs/commas", data=json.dumps({"tags": {"a": text}}))
    assert answer.json()["tags"]["a"] == text


def test_bodies_that_stop_hold_little(
    emulator: Emulator, port: int, process: psutil.Process, bearer: dict[str, str]
) -> None:
    line = f"PATCH /history/v1.0{emulator.scope}/experiments/bodies/runs/half HTTP/1.1\r\nHost: a\r\n"
    head = f"{line}Authorization: {bearer['Authorization']}\r\nContent-Length: 4000000\r\n\r\n"
    with peak(process) as growth, many(port, 20, send=head.encode() + b" " * 3 * MIB) as clients:
        assert growth() < 1.2
        assert healthy(emulator)
        for client in clients:
            client.settimeout(0.1)
        refused = [client for client in clients if answers(client)]
        assert len(refused) >= 15
        assert {status(client) for client in refused} == {503}


def answers(client: socket.socket) -> bool:
    try:
        return bool(client.recv(1, socket.MSG_PEEK))
    except TimeoutError:
        return False  # one of the few whose body is still awaited


def test_an_unanswerable_request_is_not_read_for_ever(port: int) -> None:
    with connect(port) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n")
        assert status(client) == 200
        assert ended(client)


def test_half_closed(port: int) -> None:
    with connect(port) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        assert status(client) == 200


SOAKED = int(os.environ.get("SOAK_CONNECTIONS", "11000"))
STORMS = list(storms("/", SOAKED))


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("where", PATHS)
@pytest.mark.parametrize("kind", KINDS)
def test_heads_without_end(emulator: Emulator, port: int, process: psutil.Process, where: str, kind: str) -> None:
    with peak(process) as growth:
        for _ in range(20):
            sent = taken(port, *growing_heads(PATHS[where])[kind], 2000 * MIB)
            growth()
        print(f"\n{where}, {kind}: 20 times, {sent / MIB:.1f} MiB taken, {growth}")
        assert growth() < 1.2
    assert healthy(emulator)


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("where", PATHS)
@pytest.mark.parametrize("kind", STORMS)
def test_many_connections(
    emulator: Emulator, port: int, process: psutil.Process, bearer: dict[str, str], where: str, kind: str
) -> None:
    authorization = f"Authorization: {bearer['Authorization']}\r\n".encode()
    count, sent = storms(PATHS[where], SOAKED, authorization, 3 * MIB)[kind]
    for _ in range(20):  # what the first requests of a kind bring in stays
        requests.post(f"{emulator.http}{PATHS[where]}", bytes(MIB), headers=bearer, timeout=60)
    with peak(process) as growth:
        with many(port, count, sent):
            assert healthy(emulator)
            growth()
        assert healthy(emulator)
        print(f"\n{where}, {kind}: {count} connections of {len(sent)} bytes, {growth}")
        assert growth() < 1.2
