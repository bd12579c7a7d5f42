"""A replica's memory under each attack of tests/integration/attacks.py, long. The count comes from SOAK_CONNECTIONS."""

import os

import pytest
import requests

from tests.integration.attacks import MIB, growing_heads, many, peak, storms, taken
from tests.integration.scoring.server.running import Running

CONNECTIONS = int(os.environ.get("SOAK_CONNECTIONS", "11000"))
REPEATED = 20
MOST = 2000 * MIB
FLAT = 1.2
HEADS = growing_heads("/score")
STORMS = storms("/score", CONNECTIONS, length=9 * MIB)

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]


def assert_answers(service: Running) -> None:
    assert requests.get(service.url, timeout=300).ok


@pytest.mark.parametrize("kind", HEADS)
def test_heads_without_end(service: Running, kind: str) -> None:
    with peak(service.workers()[0]) as growth:
        for _ in range(REPEATED):
            sent = taken(service.port, *HEADS[kind], MOST)
            growth()
        print(f"\n{kind}: {REPEATED} times, {sent / MIB:.1f} MiB taken, {growth}")
        assert growth() < FLAT
    assert_answers(service)


@pytest.mark.parametrize("kind", STORMS)
def test_many_connections(service: Running, kind: str) -> None:
    count, sent = STORMS[kind]
    with peak(service.workers()[0]) as growth:
        with many(service.port, count, sent):
            assert_answers(service)
            growth()
        assert_answers(service)
        print(f"\n{kind}: {count} connections of {len(sent)} bytes, {growth}")
        assert growth() < FLAT
