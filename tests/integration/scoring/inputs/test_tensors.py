"""A model of two inputs and two outputs behind the real inference server: JSON in TensorFlow Serving's forms."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import tensorflow as tf

from scoring.contract import Contract, Input, Task, Tensor
from tests.integration.scoring.client.load import ask_all
from tests.integration.scoring.client.wire import CHUNKED, Answer, Wire, head, post
from tests.integration.scoring.server.running import BATCHING, Running, serve, until
from tests.integration.scoring.server.versions import write_version

CONTRACT = Contract(
    signature="score",
    input=Input(
        kind="tensors",
        tensors=(
            Tensor(name="numbers", dtype="float32", shape=(None, None)),
            Tensor(name="word", dtype="int64", shape=(None,)),
        ),
    ),
    task=Task(
        kind="tensors",
        outputs=(
            Tensor(name="doubled", dtype="float32", shape=(None, None)),
            Tensor(name="name", dtype="string", shape=(None,)),
        ),
    ),
)
SETTINGS = {
    "SCORING_MAX_BATCH": "4",
    "SCORING_MAX_ROWS": "64",
    "SCORING_MAX_BODY_BYTES": "100000",
    "SCORING_SAMPLE_SHARE": "1",
}


def double(numbers: Any, word: Any) -> dict[str, Any]:
    return {"doubled": 2 * numbers, "name": tf.gather(["zero", "one", "two"], word)}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("tensors")
    version = write_version(folder, CONTRACT, double, body([{"numbers": [1, 2], "word": 1}]))
    with serve(version, folder, **BATCHING, **SETTINGS) as running:
        yield running


def body(instances: Any) -> bytes:
    return json.dumps({"instances": instances}).encode()


def ask(service: Running, data: bytes) -> Answer:
    with Wire(service.port) as wire:
        return wire.ask(post(data))


def test_rows_and_columns(service: Running) -> None:
    rows = ask(service, body([{"numbers": [1, 2.5], "word": 2}, {"numbers": [3, 4], "word": 0}]))
    assert (rows.status, rows.headers["content-type"]) == (200, "application/json")
    assert (rows.headers["amlgpu-model"], rows.headers["amlgpu-device"]) == ("tiny:1", "CPU:0")
    assert rows.json == {"predictions": [{"doubled": [2, 5], "name": "two"}, {"doubled": [6, 8], "name": "zero"}]}
    columns = ask(service, b'{"signature_name": "score", "inputs": {"numbers": [[1], [3]], "word": [2, 0]}}')
    assert columns.json == {"outputs": {"doubled": [[2], [6]], "name": ["two", "zero"]}}


def test_requests_of_many_shapes_at_once_get_their_own_answers(service: Running) -> None:
    rows: list[dict[str, Any]] = [{"numbers": [row] * (1 + row % 3), "word": row % 3} for row in range(100)]
    asked = [[row] * (1 + number % 7) for number, row in enumerate(rows)]
    answers = ask_all(service.port, list(map(body, asked)), concurrency=16)
    for instances, answer in zip(asked, answers, strict=True):
        doubled = [[2.0 * number for number in instance["numbers"]] for instance in instances]
        assert [row["doubled"] for row in answer.json["predictions"]] == doubled


@pytest.mark.parametrize(
    ("data", "status", "code", "message"),
    [
        (b"", 400, "EmptyBody", "'numbers': float32 [rows, ?], 'word': int64 [rows]"),
        (b"\xff\xd8\xff\xe0", 400, "BadJson", "POST JSON"),
        (b'{"instances": [', 400, "BadJson", "isn't JSON"),
        (body([[1]]), 400, "WrongForm", "Row 0 is no object by name of input"),
        (body([{"numbers": 1, "word": 1}]), 400, "WrongShape", "'numbers': float32 [rows, ?] was given"),
        (body([{"numbers": [1], "word": 1.5}]), 400, "WrongValue", "'word': int64 [rows] was given a fraction: '1.5'"),
        (body([{"numbers": [1], "word": 3}]), 400, "RefusedInput", "= 3 is not in [0, 3)"),
        (body([{"numbers": [1], "word": 1}] * 65), 413, "TooManyRows", "send 64 at most"),
        (b'{"instances": [' + b"0, " * 40_000, 413, "BodyTooLarge", "more than 100000 bytes"),
    ],
)
def test_what_is_wrong_is_said(service: Running, data: bytes, status: int, code: str, message: str) -> None:
    answer = ask(service, data)
    assert (answer.status, answer.error) == (status, code)
    assert message in answer.json["error"]["message"]


def test_a_chunked_body_over_the_limit(service: Running) -> None:
    with Wire(service.port) as wire:
        wire.send(CHUNKED)
        answer = wire.ask(b"%x\r\n%b\r\n0\r\n\r\n" % (200_000, b" " * 200_000))
    assert (answer.status, answer.error) == (413, "BodyTooLarge")


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_other_methods_are_told_the_inputs(service: Running, method: str) -> None:
    response = requests.request(method, f"{service.url}/score", timeout=60)
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    message = response.json()["error"]["message"]
    assert message.startswith('POST JSON, {"instances": [...]} or {"inputs": ...}; the inputs are \'numbers\': float32')


def test_a_sample_notes_a_row(service: Running) -> None:
    data = body([{"numbers": [20, 26], "word": 1}])
    assert ask(service, data).status == 200
    noted = '"row": 0, "rows": 1, "outputs": {"doubled": [40.0, 52.0], "name": ["one"]}'
    until(lambda: noted in service.log.read_text(encoding="utf-8"), "its sample")


def test_nothing_was_unforeseen(service: Running) -> None:
    with Wire(service.port) as wire:
        assert wire.ask(head(method="GET", path="/metrics")).status == 200
    assert "Traceback" not in service.log.read_text(encoding="utf-8")
