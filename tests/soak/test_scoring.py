"""The scoring service under long load. `make soak` runs it; the counts and the seed come from these variables."""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.sample_model import Sample
from tests.integration.scoring.client.endurance import endure
from tests.integration.scoring.client.fuzz import fuzz
from tests.integration.scoring.client.load import wrong_answers
from tests.integration.scoring.client.pictures import distinct_digits
from tests.integration.scoring.server.running import Running, size

IMAGES = int(os.environ.get("SOAK_IMAGES", "10000"))
CASES = int(os.environ.get("SOAK_CASES", "10000"))
REQUESTS = int(os.environ.get("SOAK_REQUESTS", "1000000"))
SEED = int(os.environ.get("SOAK_SEED", random.randrange(2**32)))  # noqa: S311

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]


@pytest.fixture(autouse=True)
def report(service: Running) -> Iterator[None]:
    """Prints what the test took, and the server's size before and after it."""
    before, started = size(service), time.monotonic()
    yield
    after = size(service)
    print(f"{time.monotonic() - started:.0f} s, seed {SEED}")
    print(f"workers: {before.rss_mib:.0f} MiB, {before.threads} threads -> {after.rss_mib:.0f}, {after.threads}")


def test_every_answer_is_that_of_its_own_image(service: Running, sample: Sample, sample_model_dir: Path) -> None:
    images = list(distinct_digits(sample.validation, IMAGES, SEED))
    wrong = wrong_answers(service.port, sample_model_dir, images, concurrency=64)
    print(f"\n{len(set(images))} distinct images, {len(wrong)} wrong answers")
    assert wrong == []


def test_any_body(service: Running) -> None:
    before = size(service)
    statuses = fuzz(service.port, CASES, SEED)
    print(f"\n{sum(statuses.values())} bodies, answers by status: {dict(sorted(statuses.items()))}")
    assert size(service).rss_mib < before.rss_mib * 1.05 + 100
    assert "Traceback" not in service.log.read_text(encoding="utf-8")


def test_many_requests_leave_nothing_behind(service: Running, sample: Sample, tmp_path: Path) -> None:
    result = endure(service, list(distinct_digits(sample.validation, 64, SEED)), REQUESTS, tmp_path)
    print(f"\n{result.answers} answers, {result.faults} faults, {result.growth or 'no growth'}")
    assert (result.faults, result.growth) == (0, None)
