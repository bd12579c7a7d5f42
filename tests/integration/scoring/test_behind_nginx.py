"""The service as it runs on Azure: what the smoke test and validation ask, through the image's nginx."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from steps.querying.bodies import IMAGE, bad_bodies, broken_body
from steps.querying.client import ScoringClient
from steps.querying.queries import DEVICE_HEADER, MODEL_HEADER, check_burst, check_get
from tests.integration.scoring.server import nginx
from tests.integration.scoring.server.nginx import container
from tests.integration.scoring.server.running import BATCHING

pytestmark = pytest.mark.skipif(nginx.ABSENT, reason="nginx isn't installed: apt-get install nginx-light")
MIB = 2**20


@pytest.fixture(scope="module")
def address(sample_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with container(sample_model_dir, tmp_path_factory.mktemp("container"), BATCHING) as served:
        yield served


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[ScoringClient]:
    with ScoringClient(f"{address}/score", None, 60, IMAGE) as asking:
        yield asking


def test_samples_one_after_the_other(client: ScoringClient, digits: list[bytes]) -> None:
    replies = client.score_all(digits, concurrency=1)
    assert [reply.status for reply in replies] == [200] * len(digits)
    assert {reply.headers[MODEL_HEADER] for reply in replies} == {"digits:3"}
    assert all(DEVICE_HEADER in reply.headers for reply in replies)


def test_a_burst(client: ScoringClient, digits: list[bytes]) -> None:
    query = check_burst(client.score_all(digits * 10, concurrency=16))
    assert query.passed, query.detail


def test_get(client: ScoringClient) -> None:
    query = check_get(client.request("GET"))
    assert query.passed, query.detail


def test_bad_inputs(client: ScoringClient, digits: list[bytes]) -> None:
    bad = {**bad_bodies(None, digits[0]), "broken": broken_body(None)}
    statuses = {name: client.score(body).status for name, body in bad.items()}
    expected = {"no body": 400, "not an image": 415, "torn image": 400, "JSON": 415, "broken": 400}
    assert statuses == expected
    assert client.score(digits[0]).status == 200


@pytest.mark.parametrize(("size", "status"), [(11 * MIB, 413), (101 * MIB, 413)])
def test_too_large_bodies(address: str, size: int, status: int) -> None:
    """The one is refused by the service, with a reason in JSON, the other by nginx."""
    answer = requests.post(f"{address}/score", data=bytes(size), timeout=60)
    assert (answer.status_code, "amlgpu-model" in answer.headers) == (status, size < 100 * MIB)


def test_chunks_come_through_whole(address: str, digits: list[bytes]) -> None:
    answer = requests.post(f"{address}/score", data=iter([digits[0][:100], digits[0][100:]]), timeout=60)
    assert answer.status_code == 200


def test_metrics_and_description(address: str) -> None:
    for path, part in (("/metrics", "scoring_requests"), ("/swagger.json", "paths")):
        assert part in requests.get(f"{address}{path}", timeout=60).text
