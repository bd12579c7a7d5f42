"""One score.py under every way to run it: the same answers, statuses and headers, whichever server sends them."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.scoring.client.load import ask_all
from tests.integration.scoring.client.pictures import encode
from tests.integration.scoring.client.wire import CHUNKED, Answer, Wire, chunk, head, post
from tests.integration.scoring.server.running import BATCHING, Running, serve, until

PAGE = "https://page.example"
SERVERS = {
    "batching": BATCHING,
    "batching with CORS": {**BATCHING, "AML_CORS_ORIGINS": PAGE},
    "two batching processes": {**BATCHING, "WORKER_COUNT": "2"},
    "one at a time": {"GUNICORN_CMD_ARGS": ""},
    "threads": {"GUNICORN_CMD_ARGS": "--threads 8"},
}
LIMITS = {"SCORING_MAX_BODY_BYTES": "100000", "SCORING_MAX_PIXELS": "10000", "SCORING_MAX_HELD_BYTES": "50000"}
ALWAYS = {
    "amlgpu-code-hash",
    "amlgpu-device",
    "amlgpu-model",
    "amlgpu-precision",
    "amlgpu-version-hash",
    "content-length",
    "content-type",
    "date",
    "server",
    "x-ms-request-id",
    "x-ms-run-fn-exec-ms",
    "x-ms-run-function-failed",
    "x-ms-server-version",
    "x-request-id",
}
WITH_200 = {"amlgpu-batch-size", "amlgpu-compute-ms", "amlgpu-queue-ms"}
GREY = Image.new("L", (101, 100))
ERRORS = {
    "empty": (post(b""), 400, "EmptyImage"),
    "broken": (post(b"\xff\xd8\xff not a JPEG"), 400, "BrokenImage"),
    "GET": (head(method="GET"), 405, "MethodNotAllowed"),
    "OPTIONS": (head(method="OPTIONS"), 405, "MethodNotAllowed"),
    "too long": (post(bytes(100_001)), 413, "ImageTooLarge"),
    "too large": (post(encode(GREY, "PNG")), 413, "ImageTooLarge"),
    "text": (post(b"hello"), 415, "UnsupportedImage"),
    "four inks": (post(encode(GREY.resize((9, 9)).convert("CMYK"), "JPEG")), 422, "UnsupportedColors"),
    "no room": (post(encode(GREY.resize((9, 9)), "PNG") + bytes(60_000)), 503, "Overloaded"),
}


@pytest.fixture(scope="module", params=SERVERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def server(name: str, sample_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("server")
    with serve(sample_model_dir, folder, **SERVERS[name], **LIMITS) as running:
        yield running


@pytest.fixture(scope="module")
def first_answers() -> dict[str, object]:
    """What the first server said; the others must say the same."""
    return {}


def ask(server: Running, request: bytes) -> Answer:
    with Wire(server.port) as wire:
        return wire.ask(request)


def names(answer: Answer) -> set[str]:
    """The names of the headers, without those of one connection or of CORS."""
    others = {"access-control-allow-origin", "connection", "vary"}
    return set(answer.headers) - others


def test_answers(server: Running, digits: list[bytes], first_answers: dict[str, object]) -> None:
    answers = ask_all(server.port, digits, concurrency=4)
    found = [answer.json["probabilities"] for answer in answers]
    expected = first_answers.setdefault("digits", found)
    assert [answer.status for answer in answers] == [200] * len(digits)
    assert {answer.headers["x-ms-run-function-failed"] for answer in answers} == {"False"}
    assert all(names(answer) == ALWAYS | WITH_200 for answer in answers)
    assert isinstance(expected, list)
    assert all(one == pytest.approx(other, abs=1e-4) for one, other in zip(found, expected, strict=True))


def test_a_chunked_body(server: Running, digits: list[bytes]) -> None:
    answer = ask(server, CHUNKED + chunk(digits[0][:100]) + chunk(digits[0][100:]) + chunk(b""))
    assert answer.status == 200


@pytest.mark.parametrize("case", ERRORS)
def test_errors(server: Running, case: str, first_answers: dict[str, object]) -> None:
    request, status, code = ERRORS[case]
    answer = ask(server, request)
    assert (answer.status, answer.error) == (status, code)
    assert answer.json == first_answers.setdefault(case, answer.json)
    assert names(answer) == ALWAYS | ({"allow"} if status == 405 else {"retry-after"} if status == 503 else set())
    assert answer.headers["x-ms-run-function-failed"] == str(status >= 500)


def test_an_answer_without_ids_in_its_request(server: Running, digits: list[bytes]) -> None:
    headers = ask(server, post(digits[0])).headers
    assert str(uuid.UUID(headers["x-request-id"])) == headers["x-request-id"] == headers["x-ms-request-id"]
    assert not {"x-ms-client-request-id", "traceid"} & set(headers)


@pytest.mark.parametrize(
    ("given", "returned"),
    [
        ({"x-request-id": "r" * 100}, {"x-request-id": "r" * 100, "x-ms-request-id": "r" * 100}),
        ({"x-ms-request-id": "m"}, {"x-ms-request-id": "m", "x-ms-client-request-id": "m"}),
        ({"x-ms-client-request-id": "c"}, {"x-ms-request-id": "c", "x-ms-client-request-id": "c"}),
        ({"X-Ms-Request-Id": "m", "x-ms-client-request-id": "c"}, {"x-ms-request-id": "m"}),
        ({"TraceId": "t" * 200}, {"traceid": "t" * 200}),
        ({"x-request-id": "r", "TraceId": "t"}, {"x-request-id": "r", "x-ms-request-id": "r", "traceid": "t"}),
    ],
)
def test_ids_are_given_back(server: Running, given: dict[str, str], returned: dict[str, str]) -> None:
    lines = [f"{key}: {value}" for key, value in given.items()]
    for body, status in ((b"", 400), (b"text", 415)):
        answer = ask(server, post(body, *lines))
        assert answer.status == status
        assert {key: answer.headers.get(key) for key in returned} == returned
        assert names(answer) == ALWAYS | set(returned) | {"x-ms-client-request-id"} & set(answer.headers)


@pytest.mark.parametrize("key", ["x-request-id", "x-ms-request-id", "x-ms-client-request-id"])
def test_ids_that_are_too_long_are_refused(server: Running, digits: list[bytes], key: str) -> None:
    answer = ask(server, post(digits[0], f"{key}: {'i' * 101}"))
    assert answer.status == 431
    assert "must not exceed 100 characters" in answer.json["message"]


@pytest.mark.parametrize("path", ["/", "/swagger.json", "/nowhere"])
def test_the_servers_own_pages(server: Running, path: str, first_answers: dict[str, object]) -> None:
    answer = ask(server, head(method="GET", path=path))
    seen = (answer.status, answer.headers["content-type"], answer.body)
    assert seen == first_answers.setdefault(path, seen)
    assert answer.status == (404 if path == "/nowhere" else 200)


def test_metrics(server: Running, name: str, digits: list[bytes]) -> None:
    answer = ask(server, head(method="GET", path="/metrics"))
    if not name.startswith(("batching", "two")):
        assert answer.status == 404
        return
    ask(server, post(digits[0]))
    families = {family.name for family in text_string_to_metric_families(answer.body.decode())}
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert families >= {"scoring_requests", "scoring_batch_size", "scoring_waiting", "process_resident_memory_bytes"}


def test_cors(server: Running, name: str, digits: list[bytes]) -> None:
    allowed = PAGE if "CORS" in name else None
    for body in (digits[0], b"text"):
        response = requests.post(f"{server.url}/score", data=body, headers={"Origin": PAGE}, timeout=60)
        assert response.headers.get("Access-Control-Allow-Origin") == allowed


def test_processes(server: Running, name: str) -> None:
    assert len(server.workers()) == (2 if name.startswith("two") else 1)


def test_several_processes_are_told_of(server: Running, name: str) -> None:
    told = "WORKER_COUNT=2: requests in different processes aren't batched" in server.log.read_text()
    assert told == (name == "two batching processes")
    if told:
        processes = {str(worker.pid) for worker in server.workers()}
        until(lambda: _process(server) in processes, "the metrics of one process")


def _process(server: Running) -> str:
    """Of which /metrics tells now."""
    text = requests.get(f"{server.url}/metrics", timeout=60).text
    return str(next(iter(text_string_to_metric_families(text))).samples[0].labels["process"])
