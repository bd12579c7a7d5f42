"""The lines that are given out, executed: what arrives of them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.live.calling import Calling, calling
from scoring.contract import Contract, Input, InputKind, Task, Tensor
from tests.unit.steps.querying.http_stub import HttpStub, Request, Response, serve

TASK = Task(kind="tensors", outputs=(Tensor(name="y", dtype="float32", shape=(None, 1)),))


@pytest.fixture
def server() -> Iterator[HttpStub]:
    with serve() as running:
        yield running


def contract(kind: InputKind, *tensors: tuple[str, str, tuple[int | None, ...]]) -> Contract:
    made = tuple(Tensor(name=name, dtype=dtype, shape=(None, *shape)) for name, dtype, shape in tensors)
    return Contract(signature="serve", input=Input(kind=kind, tensors=made), task=TASK)


def paste(how: Calling, folder: Path) -> None:
    """Into a shell, and into Python as its child."""
    program = folder / "call.py"
    program.write_text(how.python, encoding="utf-8")
    # A proxy that nobody answers: the key must not be sent to it.
    environment = os.environ | {"http_proxy": "http://127.0.0.1:9", "NO_PROXY": "", "no_proxy": ""}
    script = f"set -e -o pipefail\n{how.key}\n{how.curl} --fail --silent --show-error\n{sys.executable} {program}\n"
    subprocess.run(["/bin/bash", "-c", script], cwd=folder, env=environment, check=True, timeout=60)


ROW: list[tuple[Contract, Any]] = [
    (contract("tensors", ("x", "float32", (3,))), [0.5, 0.5, 0.5]),
    (contract("tensors", ("it's", "int64", ()), ("True", "bool", (2,))), {"it's": 1, "True": [True, True]}),
    (contract("tensors", ("a", "string", (None,)), ("b", "uint8", ())), {"a": ["text"], "b": 1}),
    (contract("tensors", ("big", "float32", (28, 28, 1))), [[[0.5]] * 28] * 28),
    (contract("text", ("text", "string", (1,))), "some text"),
]


@pytest.mark.parametrize(("takes", "row"), ROW)
def test_json_arrives_in_the_names_and_shapes_of_the_inputs(
    server: HttpStub, tmp_path: Path, takes: Contract, row: Any
) -> None:
    seen = arrivals(server)
    paste(calling(server.uri, takes, "echo sec'r'et"), tmp_path)
    assert [json.loads(request.body) for request in seen] == [{"instances": [row]}] * 2
    assert {request.headers["Content-Type"] for request in seen} == {"application/json"}


@pytest.mark.parametrize("name", ["it's a picture.jpg", "a.PNG", "a"])
def test_an_image_arrives_as_its_bytes(server: HttpStub, tmp_path: Path, name: str) -> None:
    content = b"\xff\xd8\n\r\x00\xff"
    (tmp_path / name).write_bytes(content)
    seen = arrivals(server)
    paste(calling(server.uri, None, "echo secret", name), tmp_path)
    assert [request.body for request in seen] == [content] * 2
    kind = {".jpg": "image/jpeg", ".PNG": "image/png", "": "application/octet-stream"}[Path(name).suffix]
    assert {request.headers["Content-Type"] for request in seen} == {kind}


def arrivals(server: HttpStub) -> list[Request]:
    """What will have arrived, each with the key."""
    seen: list[Request] = []

    def note(request: Request) -> Response:
        seen.append(request)
        return Response(200 if request.headers["Authorization"] == "Bearer secret" else 401)

    server.respond = note
    return seen


def test_on_azure_a_proxy_may_be_needed() -> None:
    how = calling("https://aks.example/score", contract("tensors", ("x", "float32", (1,))), "amlgpu key")
    assert "proxy" not in (how.curl + how.python).lower()
