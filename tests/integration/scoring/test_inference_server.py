"""scoring/score.py inside the real inference server, over real HTTP."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import tensorflow as tf

from config.errors import ModelError
from pipelines.sample_model import Sample
from scoring.hashing.version_hash import VARIABLE, version_hash
from steps.scoring_environment import BATCHING_SERVER
from steps.scoring_source import scoring_hash
from steps.validation.inference_server import InferenceServer
from steps.validation.samples.loading import load

ROOT = Path(__file__).resolve().parents[3]
HAS_GPU = bool(tf.config.list_physical_devices("GPU"))
LIMITS = {
    "SCORING_MAX_BODY_BYTES": "100000",
    "SCORING_MAX_PIXELS": "10000",
    "GUNICORN_CMD_ARGS": BATCHING_SERVER,
}


@pytest.fixture(scope="module")
def uri(sample_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("server") / "server.log"
    variables = LIMITS | {VARIABLE: version_hash(sample_model_dir)}
    with InferenceServer(ROOT, sample_model_dir, variables, deadline=120, log=log) as server:
        yield server.scoring_uri


@pytest.fixture(scope="module")
def digit(sample: Sample) -> bytes:
    return (sample.validation / "digit-0000.jpg").read_bytes()


def error_code(response: requests.Response) -> str:
    error = response.json()["error"]
    assert set(error) == {"code", "message"}
    assert response.headers["Content-Type"] == "application/json"
    return str(error["code"])


def test_digits_are_recognised(uri: str, sample: Sample) -> None:
    digits = load(sample.validation, None, 30)
    answers = [requests.post(uri, data=digit.body, timeout=30).json() for digit in digits]
    right = sum(answer["class"] == digit.truth for answer, digit in zip(answers, digits, strict=True))
    assert right >= 0.9 * len(digits)


def test_answer(uri: str, digit: bytes, sample_model_dir: Path) -> None:
    response = requests.post(uri, data=digit, timeout=30)
    answer = response.json()
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["amlgpu-model"] == "digits:3"
    assert response.headers["amlgpu-device"] == ("GPU:0" if HAS_GPU else "CPU:0")
    assert response.headers["amlgpu-version-hash"] == version_hash(sample_model_dir)
    assert response.headers["amlgpu-code-hash"] == scoring_hash(ROOT)
    assert set(answer) == {"class", "probability", "probabilities"}
    assert answer["probability"] == max(answer["probabilities"]) == answer["probabilities"][answer["class"]]
    assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-4)


def test_chunked_body(uri: str, digit: bytes) -> None:
    response = requests.post(uri, data=iter([digit[:100], digit[100:]]), timeout=30)
    assert response.status_code == 200


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_other_methods(uri: str, method: str) -> None:
    response = requests.request(method, uri, timeout=30)
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert error_code(response) == "MethodNotAllowed"
    assert response.headers["amlgpu-model"] == "digits:3"


def test_head(uri: str) -> None:
    response = requests.head(uri, timeout=30)
    assert (response.status_code, response.headers["Allow"], response.content) == (405, "POST", b"")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_methods_that_never_reach_run(uri: str, digit: bytes, method: str) -> None:
    response = requests.request(method, uri, data=digit, timeout=30)
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert error_code(response) == "MethodNotAllowed"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "EmptyImage"),
        (b"\xff\xd8\xff not a JPEG", 400, "BrokenImage"),
        (b"hello", 415, "UnsupportedImage"),
        (b'{"data": "aGVsbG8="}', 415, "UnsupportedImage"),
        (b"0" * 100_001, 413, "ImageTooLarge"),
        (b"0" * 20_000_000, 413, "ImageTooLarge"),
    ],
)
def test_bodies_that_are_no_image(uri: str, body: bytes, status: int, code: str) -> None:
    response = requests.post(uri, data=body, timeout=30)
    assert (response.status_code, error_code(response)) == (status, code)


def test_chunked_body_over_the_limit(uri: str) -> None:
    response = requests.post(uri, data=iter([b"0" * 100_000] * 20), timeout=30)
    assert (response.status_code, error_code(response)) == (413, "ImageTooLarge")


def test_truncated_image(uri: str, digit: bytes) -> None:
    response = requests.post(uri, data=digit[: len(digit) // 2], timeout=30)
    assert (response.status_code, error_code(response)) == (400, "BrokenImage")


def test_too_many_pixels(uri: str) -> None:
    image = tf.io.encode_jpeg(tf.zeros((101, 100, 3), tf.uint8)).numpy()
    response = requests.post(uri, data=image, timeout=30)
    assert (response.status_code, error_code(response)) == (413, "ImageTooLarge")


def test_form_is_told_what_to_send(uri: str, digit: bytes) -> None:
    response = requests.post(uri, files={"image": digit}, timeout=30)
    assert (response.status_code, error_code(response)) == (415, "UnsupportedImage")
    assert "not a form" in response.json()["error"]["message"]


@pytest.mark.skipif(HAS_GPU, reason="needs a machine without a GPU")
def test_no_service_without_the_required_gpu(sample_model_dir: Path, tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    server = InferenceServer(ROOT, sample_model_dir, {"SCORING_REQUIRE_GPU": "1"}, deadline=120, log=log)
    with pytest.raises(ModelError, match="ended while starting"), server:
        pass
    assert "SCORING_REQUIRE_GPU=1, but TensorFlow sees no GPU" in log.read_text(encoding="utf-8")


def test_a_version_that_was_changed_after_validation_keeps_it_from_starting(
    sample_model_dir: Path, tmp_path: Path
) -> None:
    """One bit of the frozen graph, which the hash of the SavedModel leaves out."""
    model_dir = shutil.copytree(sample_model_dir, tmp_path / "digits" / "3")
    validated = version_hash(model_dir)
    frozen = next(model_dir.rglob("frozen_graph.pb"))
    content = bytearray(frozen.read_bytes())
    content[-1] ^= 1
    frozen.write_bytes(content)

    server = InferenceServer(ROOT, model_dir, {VARIABLE: validated}, deadline=120, log=tmp_path / "server.log")
    with pytest.raises(ModelError, match="ended while starting") as caught, server:
        pass

    assert f"StartupError: The files of digits:3 have the hash {version_hash(model_dir)}, but" in str(caught.value)
    assert f"{VARIABLE} is {validated}: they were changed after validation" in str(caught.value)
