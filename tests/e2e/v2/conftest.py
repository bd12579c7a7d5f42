"""Releases through SDK v2, each told by its seconds."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.sample_model import Sample
from tests.e2e.conftest import Machine
from tests.e2e.test_verdicts import Outcome, candidate, release_of

__all__ = ["candidate", "release_of"]


@pytest.fixture(scope="module")
def outcome(machine: Machine, release: dict[str, Any], sample: Sample) -> Callable[..., Outcome]:
    """Runs a model, whatever served until then."""

    def run(model: Path | str, *options: str) -> Outcome:
        return Outcome(machine, sample, machine.json("status")["service"], model, *options)

    return run


@pytest.fixture(autouse=True)
def told(request: pytest.FixtureRequest) -> Iterator[None]:
    """Without the module's first release."""
    request.getfixturevalue("release")
    started = time.monotonic()
    yield
    print(f"\n{request.node.name}: {time.monotonic() - started:.0f} s")
