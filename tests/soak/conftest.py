"""The server of the long runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.scoring.server.running import BATCHING, Running, serve


@pytest.fixture(scope="module")
def service(sample_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serve(sample_model_dir, tmp_path_factory.mktemp("service"), **BATCHING) as running:
        yield running
