"""Models that are refused before they serve."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from pipelines.sample_model import Sample
from scoring.errors import StartupError
from scoring.scorer import Scorer
from scoring.settings import ServiceSettings
from tests.unit.scoring.conftest import Save, brightness
from tests.unit.scoring.scorer.conftest import HAS_GPU, decode_all


def test_logits_are_refused(save: Save) -> None:
    model = save(lambda image: {"logits": 9 * brightness(image)["probabilities"]}, tf.TensorSpec([None, 8, 6, 3]))
    with pytest.raises(StartupError, match="Output 'logits' sums to 9 instead of 1: end the model with a softmax"):
        Scorer(model)


def test_not_a_number_is_refused(save: Save) -> None:
    model = save(lambda image: {"p": np.nan * brightness(image)["probabilities"]}, tf.TensorSpec([None, 8, 6, 3]))
    with pytest.raises(StartupError, match="gave no finite numbers for a JPEG of 6 x 8 pixels"):
        Scorer(model)


def test_model_that_fails_at_warm_up(save: Save) -> None:
    def fail(jpegs: Any) -> dict[str, Any]:
        with tf.control_dependencies([tf.debugging.assert_equal(tf.shape(jpegs)[0], 7, "only sevens")]):
            return brightness(decode_all(jpegs))

    with pytest.raises(StartupError, match=r"failed on a JPEG of 224 x 224 pixels: .*only sevens"):
        Scorer(save(fail, tf.TensorSpec([None], tf.string, name="jpegs")))


def test_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match=r"holds no SavedModel \(saved_model.pb\)"):
        Scorer(tmp_path)


def test_damaged_model(save: Save) -> None:
    model = save(brightness, tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image"))
    (model / "saved_model.pb").write_bytes(b"not a protocol buffer")
    with pytest.raises(StartupError, match="is damaged"):
        Scorer(model)


@pytest.mark.skipif(HAS_GPU, reason="needs a machine without a GPU")
def test_required_gpu_is_missing(sample: Sample) -> None:
    with pytest.raises(StartupError, match="SCORING_REQUIRE_GPU=1, but TensorFlow sees no GPU"):
        Scorer(sample.model, settings=ServiceSettings(require_gpu=True))


def test_a_model_that_drops_rows_is_refused_at_warm_up(save: Save) -> None:
    model = save(lambda image: brightness(image[:1]), tf.TensorSpec([None, 8, 6, 3], tf.uint8, name="image"))
    with pytest.raises(StartupError, match="has 1 rows for 2 inputs"):
        Scorer(model, settings=ServiceSettings(max_batch=4))
