"""Samples of a real server: written beside the requests, whatever becomes of them."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.integration.scoring.client.load import ask_all
from tests.integration.scoring.server.running import BATCHING, serve, until

ALL = {"SCORING_SAMPLE_SHARE": "1"}


def test_a_full_disk_fails_no_request_and_with_room_every_answer_has_its_sample(
    sample_model_dir: Path, digits: list[bytes], tmp_path: Path
) -> None:
    file = tmp_path / "samples" / "samples-0.jsonl"
    file.parent.mkdir()
    file.symlink_to("/dev/full")
    with serve(sample_model_dir, tmp_path, **BATCHING, **ALL, SCORING_SAMPLE_FOLDER=str(file.parent)) as server:
        assert {answer.status for answer in ask_all(server.port, digits, concurrency=4)} == {200}
        until(lambda: server.metric("scoring_samples_total", outcome="failed") == len(digits), "all failures")
        assert server.log.read_text().count("No sample is written until this is mended") == 1
        file.unlink()
        answers = ask_all(server.port, [*digits, b"no image"], concurrency=4)[:-1]
        until(lambda: server.metric("scoring_samples_total", outcome="written") == len(digits), "all samples")
    samples = {sample["image_sha256"]: sample for sample in map(json.loads, file.read_text().splitlines())}
    assert len(samples) == len(digits)
    for image, answer in zip(digits, answers, strict=True):
        sample = samples[hashlib.sha256(image).hexdigest()]
        assert_is_of(sample, answer.json, answer.headers)


def assert_is_of(sample: dict[str, Any], answer: dict[str, Any], headers: Mapping[str, str]) -> None:
    """The sample says what the answer said, and holds no image."""
    assert sample["class"] == sample["index"] == answer["class"]
    assert sample["probability"] == pytest.approx(answer["probability"], abs=1e-6)
    assert sample["model"] == headers["amlgpu-model"]
    assert sample["latency_ms"] >= float(headers["amlgpu-compute-ms"]) - 0.01
    assert "image" not in sample


def test_without_a_folder_the_samples_are_lines_of_the_log(
    sample_model_dir: Path, digits: list[bytes], tmp_path: Path
) -> None:
    with serve(sample_model_dir, tmp_path, GUNICORN_CMD_ARGS="", **ALL) as server:
        ask_all(server.port, digits, concurrency=4)
        until(lambda: server.log.read_text().count("image_sha256") == len(digits), "all samples")
