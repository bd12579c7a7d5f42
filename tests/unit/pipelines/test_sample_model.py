from pathlib import Path

import pytest
import tensorflow as tf

from pipelines.sample_model import Sample, write_sample
from scoring.model.signature import default_contract
from scoring.scorer import Scorer
from steps.artifacts.candidate import Signature
from steps.validation.samples.loading import load


def test_accuracy_is_what_the_exported_model_reaches(sample: Sample) -> None:
    digits = load(sample.validation, None, 0)
    answers = Scorer(sample.model).predict([digit.body for digit in digits])
    right = sum(answer.document["class"] == digit.truth for answer, digit in zip(answers, digits, strict=True))
    assert right / len(digits) == pytest.approx(sample.accuracy)
    assert sample.accuracy >= 0.95


def test_validation_folder(sample: Sample) -> None:
    labels = {one.name: one.truth for one in load(sample.validation, None, 0)}
    assert len(labels) == sample.images == 360
    assert set(labels.values()) == set(range(10))
    assert {path.name for path in sample.validation.iterdir()} == {"labels.csv", *labels}


def test_signature(sample: Sample) -> None:
    signature = Signature.of(default_contract(sample.model))
    assert (signature.input_name, signature.input_kind) == ("jpegs", "jpeg")
    assert signature.outputs == ("probabilities", "classes")


@pytest.mark.slow
def test_written_again(sample: Sample, tmp_path: Path) -> None:
    """The same again: images and labels to the byte, weights to the last bits; what lay there before is gone."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "stale").touch()
    again = write_sample(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "validation"]
    assert not (again.model / "stale").exists()
    for path in sample.validation.iterdir():
        assert (again.validation / path.name).read_bytes() == path.read_bytes()
    first, second = (
        tf.train.load_checkpoint(str(model.model / "variables" / "variables")) for model in (sample, again)
    )
    for name, shape in first.get_variable_to_shape_map().items():
        if shape:
            tf.debugging.assert_near(first.get_tensor(name), second.get_tensor(name), atol=1e-3)
