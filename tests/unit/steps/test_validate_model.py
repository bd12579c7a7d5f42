"""The measurement of validate_model, with the real server, the real scoring code and the sample model."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import tensorflow as tf

from config.settings import Settings, load_settings
from pipelines.sample_model import Sample
from scoring.model.precision import BFLOAT16_FLAGS, cpu_flags
from steps.artifacts.candidate import Candidate
from steps.artifacts.verdict import Status
from steps.querying.client import ScoringClient
from steps.registration.saved_model import content_hash, frozen_hash
from steps.validate_model import LOGS, Bench, is_intact, measure_precisions
from steps.validation.checks import judge
from steps.validation.evidence import Evidence
from steps.validation.measured import Measured
from steps.validation.measurement import Questions, bad_requests
from steps.validation.samples.loading import load
from steps.validation.samples.sample import Sample as Question
from tests.unit.steps.querying.http_stub import HttpStub, Response


@pytest.fixture
def bench(sample: Sample, settings: Settings, tmp_path: Path) -> Bench:
    return Bench(Questions(load(sample.validation, None, 110), None, settings), tmp_path)


def with_settings(bench: Bench, settings: Settings) -> Bench:
    return replace(bench, questions=replace(bench.questions, settings=settings))


@pytest.fixture
def broken_model(sample: Sample, tmp_path: Path) -> Path:
    model_dir = tmp_path / "digits" / "4"
    shutil.copytree(sample.model, model_dir / "model")
    (model_dir / "model" / "saved_model.pb").write_bytes(b"not a graph")
    return model_dir


def verdict_of(measured: Measured, settings: Settings) -> tuple[Status, set[str]]:
    """The status of a first release, and the names of the checks that failed."""
    status, checks = judge(Evidence("jpegs", True, measured, None), settings.validation)
    return status, {check.name for check in checks if check.outcome == "fail"}


def test_the_sample_is_blessed(bench: Bench, sample_model_dir: Path, settings: Settings) -> None:
    measured = bench.measure("", sample_model_dir, None)

    assert verdict_of(measured, settings) == ("BLESSED", set())
    assert measured.samples == len(measured.latencies_ms) == len(measured.answers) == 110
    assert [answer.file for answer in measured.answers] == [question.name for question in bench.questions.samples]
    assert measured.metrics(bench.task)["accuracy"] >= 0.9
    assert measured.devices in ({"CPU:0"}, {"GPU:0"})
    assert measured.precisions == {"float32"}
    assert measured.lengths == {10}
    assert measured.not_refused == ()
    assert measured.parity is not None
    assert (measured.parity.samples, measured.parity.agreement) == (110, 1)
    assert measured.parity.difference < 1e-4


def test_wrong_labels_and_a_broken_image_are_measured_not_raised(
    bench: Bench, sample_model_dir: Path, settings: Settings
) -> None:
    wrong = [replace(one, truth=(int(str(one.truth)) + 1) % 10) for one in bench.questions.samples]
    wrong[3] = Question("torn.jpg", lambda: bench.questions.samples[3].body[:40], 1)

    questions = replace(bench.questions, samples=wrong)
    measured = replace(bench, questions=questions).measure("", sample_model_dir, None)

    assert verdict_of(measured, settings) == ("NOT_BLESSED", {"accuracy_floor", "errors"})
    assert measured.errors[0].startswith("torn.jpg: 400:")
    assert len(measured.answers) == 109


def test_a_model_that_can_not_be_served_is_measured_not_raised(
    bench: Bench, broken_model: Path, settings: Settings
) -> None:
    measured = bench.measure("", broken_model, None)

    assert measured.startup_seconds is None
    assert "SavedModel" in measured.startup_error
    assert measured.answers == ()
    assert verdict_of(measured, settings)[0] == "NOT_BLESSED"


def test_a_service_that_takes_anything_is_not_robust(server: HttpStub, sample: Sample) -> None:
    image = load(sample.validation, None, 1)[0].body
    server.respond = lambda _request: Response(answer={"class": 1})
    with ScoringClient(server.uri, None, timeout=5) as client:
        found = bad_requests(client, image, None)

    assert [line.partition(":")[0] for line in found] == ["no body", "not an image", "torn image", "JSON", "GET"]


def test_other_bytes_than_the_registered_ones_are_told_from_them(candidate: Candidate, sample_model_dir: Path) -> None:
    model = sample_model_dir / "model"
    digits = candidate.model_copy(update={"content_hash": content_hash(model), "frozen_hash": frozen_hash(model)})

    assert is_intact(digits, sample_model_dir)
    assert not is_intact(candidate, sample_model_dir)


def test_auto_on_a_plain_processor_is_float32(bench: Bench, sample_model_dir: Path) -> None:
    if cpu_flags() & BFLOAT16_FLAGS or tf.config.list_physical_devices("GPU"):
        pytest.skip("this machine computes in 16 bits")
    settings = load_settings("local", {"scoring.precision": "auto"}, {})
    measured, refused = measure_precisions(with_settings(bench, settings), sample_model_dir)
    assert (measured.precision, refused) == ("float32", ())
    assert verdict_of(measured, settings)[0] == "BLESSED"


def test_a_precision_that_the_machine_lacks_is_a_refusal_with_its_reason(bench: Bench, sample_model_dir: Path) -> None:
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("this machine has a GPU")
    settings = load_settings("local", {"scoring.precision": "float16"}, {})
    measured, _ = measure_precisions(with_settings(bench, settings), sample_model_dir)
    assert "SCORING_PRECISION=float16 needs a GPU" in measured.startup_error
    assert verdict_of(measured, settings)[0] == "NOT_BLESSED"


def test_auto_is_measured_again_in_float32_when_its_choice_gives_no_answer(
    bench: Bench, broken_model: Path, tmp_path: Path
) -> None:
    settings = load_settings("local", {"scoring.precision": "auto"}, {})
    measured, refused = measure_precisions(with_settings(bench, settings), broken_model)
    assert [check.name for check in refused] == ["optimisation_parity"]
    assert {log.name for log in tmp_path.glob(LOGS)} == {"inference-server.log", "inference-server-float32.log"}
    assert verdict_of(measured, settings)[0] == "NOT_BLESSED"
