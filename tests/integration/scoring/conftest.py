"""Servers with the batching worker: one with default limits, for whatever doesn't end or block it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.sample_model import Sample
from tests.integration.scoring.client.pictures import distinct_digits
from tests.integration.scoring.server.running import BATCHING, Running, serve


@pytest.fixture(scope="session")
def service(sample_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serve(sample_model_dir, tmp_path_factory.mktemp("service"), **BATCHING) as running:
        yield running


@pytest.fixture(scope="session")
def hurried(sample_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that gives a request 300 ms."""
    limits = {"SCORING_LANES": "1", "SCORING_TIMEOUT_MS": "300"}
    with serve(sample_model_dir, tmp_path_factory.mktemp("hurried"), **BATCHING, **limits) as running:
        yield running


@pytest.fixture(scope="session")
def digits(sample: Sample) -> list[bytes]:
    """Twenty small JPEGs that all get different answers."""
    return list(distinct_digits(sample.validation, 20, seed=20))
