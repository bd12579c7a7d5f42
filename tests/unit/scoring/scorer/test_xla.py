"""Compiled models."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from pipelines.sample_model import Sample
from scoring.contract import Tensor
from scoring.errors import StartupError
from scoring.model.frozen_graph import freeze
from scoring.scorer import Scorer
from scoring.settings import ServiceSettings
from steps.validation.samples.sample import Sample as Digit
from tests.unit.scoring.conftest import Save, classify
from tests.unit.scoring.scorer.models import contract, instances, spec, tensor, values


def test_compiled_batches_are_padded(sample_model_dir: Path, digits: list[Digit]) -> None:
    images = [digit.body for digit in digits[:3]]
    padded = Scorer(sample_model_dir / "model", settings=ServiceSettings(xla=True, max_batch=4))
    plain = Scorer(sample_model_dir / "model")
    for one, other in zip(classify(padded, images), classify(plain, images), strict=True):
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-5)


def test_xla_needs_the_frozen_graph(sample: Sample) -> None:
    with pytest.raises(StartupError, match="SCORING_XLA=1 needs the frozen graph"):
        Scorer(sample.model, settings=ServiceSettings(xla=True))


def test_compiled_batches_of_tensors_are_padded(save: Save) -> None:
    """XLA knows the sizes that were warmed up: three rows are four to the model."""

    def count(x: Any) -> dict[str, Any]:
        return {"y": x + tf.cast(tf.shape(x)[0], tf.float32)}

    saved = save(count, spec(tensor("float32")))
    assert freeze(saved, contract(tensor("float32"))) is None
    scorer = Scorer(saved, contract(tensor("float32")), ServiceSettings(max_batch=4, xla=True))
    assert values(scorer.predict([instances(1, 2, 3)])[0]) == [5, 6, 7]
    assert values(scorer.predict([instances(*range(5))])[0]) == [4, 5, 6, 7, 5]


@pytest.mark.parametrize(
    ("fields", "form", "mend"),
    [
        ({"kind": "tensors"}, tensor("float32", None), "'x': float32 .rows, .. has free .*export the model with fixed"),
        (
            {"kind": "image"},
            tensor("float32", None, 8, 3),
            "say the size that images are resized to, or set scoring.xla",
        ),
    ],
)
def test_compiling_for_every_shape_that_is_sent_is_refused(
    save: Save, fields: dict[str, Any], form: Tensor, mend: str
) -> None:
    saved = save(lambda x: {"y": tf.reduce_sum(x, axis=[*range(1, len(x.shape))])}, spec(form))
    assert freeze(saved, contract(form, **fields)) is None
    with pytest.raises(StartupError, match=mend):
        Scorer(saved, contract(form, **fields), ServiceSettings(max_batch=4, xla=True))
