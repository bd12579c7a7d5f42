"""With CORS on, azmlinfsrv answers the POSTs itself; the front still reads their bodies."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.scoring.client.wire import Wire, head, post
from tests.integration.scoring.server.running import BATCHING, Running, serve

PAGE = "https://page.example"


@pytest.fixture(scope="module")
def cors(sample_model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("cors")
    with serve(sample_model_dir, folder, **BATCHING, AML_CORS_ORIGINS=PAGE, SCORING_TIMEOUT_MS="2000") as running:
        yield running


def test_slow_senders_hinder_nobody_and_are_given_up(cors: Running, digits: list[bytes]) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(Wire(cors.port)) for _ in range(80)]
        for wire in slow:
            wire.send(post(digits[0])[:-1])
        other = stack.enter_context(Wire(cors.port))
        assert other.ask(head(method="GET", path="/")).status == 200
        assert other.ask(post(digits[0])).status == 200
        assert {wire.answer().status for wire in slow} == {408}


def test_a_browser_may_ask_first(cors: Running) -> None:
    """A preflight request must be answered 2xx, or no image is sent (fetch.spec.whatwg.org, CORS-preflight)."""
    with Wire(cors.port) as wire:
        answer = wire.ask(head(f"Origin: {PAGE}", "Access-Control-Request-Method: POST", method="OPTIONS"))
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, PAGE)


def test_a_page_reads_its_answer(cors: Running, digits: list[bytes]) -> None:
    with Wire(cors.port) as wire:
        answer = wire.ask(post(digits[0], f"Origin: {PAGE}"))
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, PAGE)
