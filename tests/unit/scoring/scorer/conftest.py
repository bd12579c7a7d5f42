"""The sample's scorer and its images, and scorers of other models."""

from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf

from pipelines.sample_model import Sample
from scoring.contract import Tensor
from scoring.scorer import Scorer
from scoring.settings import ServiceSettings
from steps.validation.samples.loading import load
from steps.validation.samples.sample import Sample as Digit
from tests.unit.scoring.conftest import Save
from tests.unit.scoring.scorer.models import FOUR, contract, spec

HAS_GPU = bool(tf.config.list_physical_devices("GPU"))


@pytest.fixture(scope="session")
def scorer(sample: Sample) -> Scorer:
    return Scorer(sample.model)


@pytest.fixture(scope="session")
def digits(sample: Sample) -> list[Digit]:
    return load(sample.validation, None, 40)


def decode_all(jpegs: Any) -> Any:
    """Strings [batch] to uint8 images of the first one's size."""
    decode = lambda jpeg: tf.io.decode_image(jpeg, channels=3, expand_animations=False)  # noqa: E731
    return tf.map_fn(decode, jpegs, fn_output_signature=tf.TensorSpec([None, None, 3], tf.uint8))


@pytest.fixture
def build(save: Save) -> Callable[..., Scorer]:
    """`build(function, tensor, ..., settings=..., **contract)` opens a model of these inputs."""

    def make(function: Callable[..., Any], *tensors: Tensor, settings: ServiceSettings = FOUR, **fields: Any) -> Scorer:
        saved = save(lambda *values, **named: {"y": function(*values, **named)}, *map(spec, tensors))
        return Scorer(saved, contract(*tensors, **fields), settings)

    return make
