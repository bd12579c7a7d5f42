"""The short forms of tests/soak/test_scoring.py."""

from pathlib import Path

from pipelines.sample_model import Sample
from tests.integration.scoring.client.endurance import endure
from tests.integration.scoring.client.load import wrong_answers
from tests.integration.scoring.client.pictures import distinct_digits
from tests.integration.scoring.server.running import Running


def test_every_answer_is_that_of_its_own_image(service: Running, sample: Sample, sample_model_dir: Path) -> None:
    images = list(distinct_digits(sample.validation, 500, seed=1))
    assert len(set(images)) == len(images)
    assert wrong_answers(service.port, sample_model_dir, images, concurrency=64) == []


def test_many_requests_leave_nothing_behind(service: Running, digits: list[bytes], tmp_path: Path) -> None:
    result = endure(service, digits, 20_000, tmp_path)
    assert (result.faults, result.growth) == (0, None)
