import shutil
from pathlib import Path

import numpy as np
import pytest

from config.errors import ModelError
from pipelines.sample_model import Sample
from scoring.model.frozen_graph import GRAPH_FILE
from steps.registration.saved_model import FROZEN_FOLDER
from steps.validation.parity import compare, compare_answers, original_answers
from steps.validation.samples.loading import load
from steps.validation.tasks.classification import Classification

ORIGINAL = [np.array(vector, np.float32) for vector in ([0.7, 0.3], [0.4, 0.6], [0.51, 0.49], [0.9, 0.1])]


def test_equal_answers() -> None:
    parity = compare(ORIGINAL, ORIGINAL)
    assert (parity.samples, parity.agreement, parity.difference) == (4, 1, 0)


def test_another_best_class() -> None:
    served = [*ORIGINAL[:2], np.array([0.49, 0.51], np.float32), ORIGINAL[3]]
    parity = compare(ORIGINAL, served)
    assert parity.agreement == 0.75
    assert parity.difference == pytest.approx(0.02)
    assert str(parity) == "0.7500 agree, differ by 0.02"


def test_not_a_number_is_an_infinite_difference() -> None:
    served = [np.array([np.nan, 0.3], np.float32), *ORIGINAL[1:]]
    assert compare(ORIGINAL, served).difference == float("inf")


def test_vectors_of_other_lengths_are_refused() -> None:
    with pytest.raises(ModelError, match="different lengths"):
        compare(ORIGINAL, [np.array([1.0], np.float32)] * 4)


def test_the_original_is_scored_without_the_frozen_graph(
    sample: Sample, sample_model_dir: Path, tmp_path: Path
) -> None:
    images = [digit.body for digit in load(sample.validation, None, 20)]
    model = shutil.copytree(sample_model_dir / "model", tmp_path / "model")
    (model / FROZEN_FOLDER / GRAPH_FILE).write_bytes(b"whoever opens this fails")
    original, copied = (original_answers(folder, None, images) for folder in (sample.model, model))
    assert compare_answers(Classification(), original, copied).agreement == 1


def test_images_that_the_original_can_not_score(sample: Sample) -> None:
    with pytest.raises(ModelError, match="original SavedModel can't score"):
        original_answers(sample.model, None, [b"\xff\xd8\xff torn"])
