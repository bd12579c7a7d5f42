"""Four clients that send nothing but bombs for a while, beside one that sends digits. `make soak` runs it."""

import os
import time
from itertools import cycle, islice
from statistics import median

import pytest

from benchmarks.serving.client.sampling import sampled
from pipelines.sample_model import Sample
from tests.integration.scoring.client.load import ask_all
from tests.integration.scoring.client.pictures import distinct_digits
from tests.integration.scoring.inputs.test_hostile_images import HOSTILE, SOUND
from tests.integration.scoring.server.running import Running, Size, size

ROUNDS = int(os.environ.get("SOAK_BOMBS", "20"))
GROWTH = 1.2  # of the memory at the start
CLIENTS = 4

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]


@pytest.mark.parametrize("name", [*HOSTILE, *SOUND])
def test_memory_stays_while_four_clients_send_bombs(service: Running, sample: Sample, name: str) -> None:
    body = (HOSTILE | SOUND)[name][0]
    digits = list(distinct_digits(sample.validation, 8, 20))
    ask_all(service.port, [body] * CLIENTS + digits, CLIENTS)  # buffers for bodies of this size are there
    before, started = size(service), time.monotonic()
    with sampled(lambda: size(service), 0.05) as samples:
        answers = ask_all(service.port, list(islice(cycle([body] * CLIENTS + digits[:1]), ROUNDS * 5)), CLIENTS + 1)
    seconds, peak = time.monotonic() - started, max(one.rss_mib for one in samples)
    print(f"\n{name}: {len(answers)} answers in {seconds:.1f} s, {_told(before, samples)}")
    refused = {HOSTILE[name][1]} if name in HOSTILE else set()
    assert {answer.status for answer in answers} == {200} | refused
    assert peak < GROWTH * before.rss_mib
    assert {answer.status for answer in ask_all(service.port, digits, CLIENTS)} == {200}


def _told(before: Size, samples: list[Size]) -> str:
    rss = [one.rss_mib for one in samples]
    return f"{before.rss_mib:.0f} MiB -> median {median(rss):.0f}, peak {max(rss):.0f}"
