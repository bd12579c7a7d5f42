"""A client on a bare socket, which can do to a server what no HTTP library would."""

import http.client
import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

TIMEOUT_SECONDS = 60  # of one operation on a socket: a lost answer fails a test instead of hanging it


@dataclass(frozen=True)
class Answer:
    """One answer; the names of its headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """The code of an error in the service's form: a code and a message, nothing else."""
        error = self.json["error"]
        assert set(error) == {"code", "message"}
        assert error["message"]
        assert self.headers["content-type"] == "application/json"
        return str(error["code"])


class Wire:
    """One connection to 127.0.0.1:`port`."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> Answer:
        """The next answer, also an interim one. ConnectionError when the server closes the connection instead."""
        line = self._file.readline()
        if not line:
            raise ConnectionError("closed without an answer")
        status = int(line.split()[1])
        headers = {name.lower(): value for name, value in http.client.parse_headers(self._file).items()}
        return Answer(status, headers, self._file.read(int(headers.get("content-length", 0))))

    def ask(self, data: bytes) -> Answer:
        """Send a whole request and wait for its answer."""
        self.send(data)
        return self.answer()

    def ended(self) -> bool:
        """Wait for the server to close the connection; False when it sends something instead."""
        try:
            return self._file.read(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self._file.close()
        self.socket.close()


def head(*lines: str, method: str = "POST", path: str = "/score", version: str = "1.1") -> bytes:
    """The head of a request, with a Host and these header lines."""
    return "\r\n".join([f"{method} {path} HTTP/{version}", "Host: localhost", *lines, "", ""]).encode("latin-1")


def post(body: bytes, *lines: str, version: str = "1.1") -> bytes:
    """A whole request to score `body`."""
    return head(f"Content-Length: {len(body)}", *lines, version=version) + body


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body; of no data, the last."""
    return b"%x\r\n%b\r\n" % (len(data), data)


CHUNKED = head("Transfer-Encoding: chunked")


def alone(port: int, bodies: Sequence[bytes]) -> list[list[float]]:
    """What the server answers to each of `bodies` by itself."""
    with Wire(port) as wire:
        return [wire.ask(post(body)).json["probabilities"] for body in bodies]


def probabilities(answers: Sequence[Answer]) -> list[list[float]]:
    assert [answer.status for answer in answers] == [200] * len(answers)
    return [answer.json["probabilities"] for answer in answers]


def same(found: Sequence[Sequence[float]], expected: Sequence[Sequence[float]]) -> bool:
    return all(one == pytest.approx(other, abs=1e-4) for one, other in zip(found, expected, strict=True))
