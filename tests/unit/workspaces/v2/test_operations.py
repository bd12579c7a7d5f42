"""Waiting for operations of Azure Resource Manager, at our pace: the SDK looks every 30 seconds at an endpoint."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from azure.core import PipelineClient
from azure.core.exceptions import ResourceNotFoundError
from azure.core.rest import HttpRequest

from workspaces.v2.operations import LONGEST_PAUSE, Operation
from workspaces.v2.sending import sent

Begin = Callable[[list[tuple[int, Any]]], Operation]
FAILED = {"status": "Failed", "error": {"message": "it failed", "details": [{"message": "no room"}]}}


class Answer(BaseHTTPRequestHandler):
    """What an operation says of itself, one after the other; no header tells how long to wait."""

    says: list[tuple[int, Any]]

    def do_GET(self) -> None:
        status, document = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        body = json.dumps(document).encode() if document is not None else b""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Azure-AsyncOperation", f"http://{self.headers['Host']}/operation")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def begin() -> Iterator[Begin]:
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        serving = Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        client: PipelineClient[Any, Any] = PipelineClient(f"http://127.0.0.1:{server.server_port}")

        def begun(says: list[tuple[int, Any]]) -> Operation:
            Answer.says = [(202, None), *says]
            return Operation(client, sent(client, HttpRequest("GET", "/change")))

        yield begun
        server.shutdown()
        serving.join()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


@pytest.mark.parametrize(
    ("says", "wrong"),
    [
        ([(200, {"status": "Succeeded"})], ""),
        ([(200, {"status": "InProgress"})] * 12 + [(200, {"status": "Succeeded"})], ""),
        ([(202, None)] * 3 + [(200, None)], ""),
        ([(200, FAILED)], "it failed\nno room"),
        ([(200, {"status": "Canceled"})], "it is Canceled"),
    ],
)
def test_it_is_waited_for_in_short_pauses_and_says_what_went_wrong(
    begin: Begin, pauses: list[float], says: list[tuple[int, Any]], wrong: str
) -> None:
    assert begin(says).wait(60) == wrong
    assert len(pauses) == len(says) - 1
    assert all(pause <= LONGEST_PAUSE for pause in pauses)


def test_one_that_takes_too_long_is_told(begin: Begin, pauses: list[float]) -> None:
    assert begin([(200, {"status": "InProgress"})]).wait(0) == "it isn't over after 0 s"
    assert pauses == []


def test_what_is_refused_is_raised(begin: Begin) -> None:
    with pytest.raises(ResourceNotFoundError):
        begin([(404, {"error": {"code": "NotFound", "message": "gone"}})]).wait(60)
