"""The measurement of validate_model, with the real server, the real scoring code and the sample model."""

import shutil
from pathlib import Path

import pytest
import tensorflow as tf

from config.settings import Settings, load_settings
from pipelines.sample import Sample
from scoring.precision import BFLOAT16_FLAGS, cpu_flags
from steps.artifacts import Candidate
from steps.checks import judge
from steps.saved_model import content_hash, frozen_hash
from steps.validate_model import LOGS, measure, measure_precisions
from steps.validation_data import LabelledImage, load_images


@pytest.fixture
def digits(candidate: Candidate, sample_model_dir: Path) -> Candidate:
    model = sample_model_dir / "model"
    return candidate.model_copy(update={"content_hash": content_hash(model), "frozen_hash": frozen_hash(model)})


@pytest.fixture
def images(sample: Sample) -> list[LabelledImage]:
    return load_images(sample.validation, 110)


def test_the_sample_is_blessed(
    digits: Candidate, sample_model_dir: Path, images: list[LabelledImage], settings: Settings, tmp_path: Path
) -> None:
    measured, answers = measure(digits, sample_model_dir, images, settings, tmp_path / "log")

    status, checks = judge(measured, settings.validation)
    assert status == "BLESSED", checks
    assert measured.samples == len(measured.latencies_ms) == len(answers) == 110
    assert [answer.file for answer in answers] == [image.file for image in images]
    assert measured.accuracy is not None
    assert measured.accuracy >= 0.9
    assert measured.devices in ({"CPU:0"}, {"GPU:0"})
    assert measured.precisions == {"float32"}
    assert measured.parity is not None
    assert (measured.parity.images, measured.parity.agreement) == (110, 1)
    assert measured.parity.difference < 1e-4


def test_wrong_labels_and_a_broken_image_are_measured_not_raised(
    digits: Candidate, sample_model_dir: Path, images: list[LabelledImage], settings: Settings, tmp_path: Path
) -> None:
    wrong = [LabelledImage(image.file, image.image, (image.label + 1) % 10) for image in images]
    wrong[3] = LabelledImage("torn.jpg", wrong[3].image[:40], 1)

    measured, answers = measure(digits, sample_model_dir, wrong, settings, tmp_path / "log")

    status, checks = judge(measured, settings.validation)
    assert status == "NOT_BLESSED"
    assert {check.name for check in checks if not check.passed} == {"accuracy_floor", "errors"}
    assert measured.errors[0].startswith("torn.jpg: 400:")
    assert len(answers) == 109


def test_a_model_that_can_not_be_served_is_measured_not_raised(
    candidate: Candidate, sample: Sample, images: list[LabelledImage], settings: Settings, tmp_path: Path
) -> None:
    model_dir = tmp_path / "digits" / "4"
    shutil.copytree(sample.model, model_dir / "model")
    (model_dir / "model" / "saved_model.pb").write_bytes(b"not a graph")
    hashes = {"content_hash": content_hash(model_dir / "model"), "frozen_hash": None}
    broken = candidate.model_copy(update=hashes)

    measured, answers = measure(broken, model_dir, images, settings, tmp_path / "log")

    assert measured.startup_seconds is None
    assert "SavedModel" in measured.startup_error
    assert answers == ()
    assert judge(measured, settings.validation)[0] == "NOT_BLESSED"


def test_other_bytes_than_the_registered_ones_are_never_served(
    candidate: Candidate, sample_model_dir: Path, images: list[LabelledImage], settings: Settings, tmp_path: Path
) -> None:
    measured, _ = measure(candidate, sample_model_dir, images, settings, tmp_path / "log")

    assert not measured.intact
    assert not (tmp_path / "log").exists()
    assert judge(measured, settings.validation)[0] == "NOT_BLESSED"


def test_auto_on_a_plain_processor_is_float32(
    digits: Candidate, sample_model_dir: Path, images: list[LabelledImage], tmp_path: Path
) -> None:
    if cpu_flags() & BFLOAT16_FLAGS or tf.config.list_physical_devices("GPU"):
        pytest.skip("this machine computes in 16 bits")
    settings = load_settings("local", {"scoring.precision": "auto"}, {})
    measured, _, refused = measure_precisions(digits, sample_model_dir, images, settings, tmp_path)
    assert (measured.precision, refused) == ("float32", ())
    assert judge(measured, settings.validation)[0] == "BLESSED"


def test_a_precision_that_the_machine_lacks_is_a_refusal_with_its_reason(
    digits: Candidate, sample_model_dir: Path, images: list[LabelledImage], tmp_path: Path
) -> None:
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("this machine has a GPU")
    settings = load_settings("local", {"scoring.precision": "float16"}, {})
    measured, _, _ = measure_precisions(digits, sample_model_dir, images, settings, tmp_path)
    assert "SCORING_PRECISION=float16 needs a GPU" in measured.startup_error
    assert judge(measured, settings.validation)[0] == "NOT_BLESSED"


def test_auto_is_measured_again_in_float32_when_its_choice_gives_no_answer(
    candidate: Candidate, sample: Sample, images: list[LabelledImage], tmp_path: Path
) -> None:
    model_dir = tmp_path / "digits" / "4"
    shutil.copytree(sample.model, model_dir / "model")
    (model_dir / "model" / "saved_model.pb").write_bytes(b"not a graph")
    broken = candidate.model_copy(update={"content_hash": content_hash(model_dir / "model"), "frozen_hash": None})
    settings = load_settings("local", {"scoring.precision": "auto"}, {})
    measured, _, refused = measure_precisions(broken, model_dir, images, settings, tmp_path)
    assert [check.name for check in refused] == ["optimisation_parity"]
    assert {log.name for log in tmp_path.glob(LOGS)} == {"inference-server.log", "inference-server-float32.log"}
    assert judge(measured, settings.validation)[0] == "NOT_BLESSED"
