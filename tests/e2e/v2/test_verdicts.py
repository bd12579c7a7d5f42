"""What becomes of candidates on machines of Azure ML's own: most is asked as of SDK v1, by the same tests."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from config.errors import SmokeTestError
from pipelines.sample_model import Sample
from tests.e2e.conftest import Machine
from tests.e2e.support import candidates
from tests.e2e.support.answers import right_answers
from tests.e2e.support.kills import clients_of
from tests.e2e.test_verdicts import (
    Outcome,
    check_untouched,
    test_a_first_release_has_a_report_and_no_rival,
    test_equal_is_released_by_the_rule_for_ties,
    test_forced_leaves_its_reason_and_can_be_rolled_back,
    test_worse_is_refused,
)

__all__ = [
    "test_a_first_release_has_a_report_and_no_rival",
    "test_equal_is_released_by_the_rule_for_ties",
    "test_forced_leaves_its_reason_and_can_be_rolled_back",
    "test_worse_is_refused",
]

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]

REPLICAS = 1
VARIABLES = {"AMLGPU_TARGET": "local-v2"}
CLIENTS = 16
PAUSE_SECONDS = 0.2
LIVE_GET = "GET /api/v1/endpoint/{endpoint}/score"
"""Asked once by whoever proves a release: of a candidate beside, then of what is live. Clients post."""


def test_the_same_again_changes_nothing(machine: Machine, outcome: Callable[..., Outcome], sample: Sample) -> None:
    """Whatever the tests before it have released."""
    (live,) = machine.json("status")["service"]["models"]
    again = outcome(live.partition(":")[2])

    assert again.code == 0, again.error
    assert (again.report["candidate"]["reused"], again.report["deployment"]["action"]) == (True, "unchanged")
    check_untouched(machine, sample, again)


def test_what_fails_live_gives_the_traffic_back_and_no_request_is_lost(
    machine: Machine, release: dict[str, Any], release_of: Callable[..., Outcome], sample: Sample
) -> None:
    machine.succeed("local", "fault", LIVE_GET, "--stall", "0.001")  # for the candidate, which passes
    machine.succeed("local", "fault", LIVE_GET, "--status", "500")
    with clients_of(machine, release, sample, PAUSE_SECONDS).asking(CLIENTS) as clients:
        failed = release_of(lambda probabilities: candidates.equal(candidates.equal(probabilities)))

    models = Counter(clients.models)
    print(f"\n{CLIENTS} clients: {clients.asked} requests, {len(clients.failed)} failed, by model: {dict(models)}")
    assert failed.code == SmokeTestError.exit_code, failed.error
    assert failed.report["verdict"]["status"] == "BLESSED"
    assert "get_refused" in failed.error
    assert re.search(r"digits was put back to digits:\d+, and passed 8 queries", failed.error)
    assert (clients.failed, clients.wrong) == ([], [])
    (before,), verdict = failed.before["models"], failed.report["verdict"]
    assert set(models) == {before, f"{verdict['model_name']}:{verdict['model_version']}"}
    check_untouched(machine, sample, failed)


def test_a_version_is_rolled_back_to_and_no_request_is_lost(
    machine: Machine, release: dict[str, Any], release_of: Callable[..., Outcome], sample: Sample
) -> None:
    updated = release_of(lambda probabilities: 0.8 * probabilities + 0.02)
    assert (updated.code, updated.report["deployment"]["action"]) == (0, "updated"), updated.error
    with clients_of(machine, release, sample, PAUSE_SECONDS).asking(CLIENTS) as clients:
        done = machine.json("rollback", "--to", "1", "--yes")["done"]

    models = Counter(clients.models)
    print(f"\n{CLIENTS} clients: {clients.asked} requests, {len(clients.failed)} failed, by model: {dict(models)}")
    assert "digits was put back to digits:1, and passed 8 queries" in done
    assert (clients.failed, clients.wrong) == ([], [])
    assert set(models) == {updated.after["models"][0], "digits:1"}
    assert machine.json("status")["service"]["models"] == ["digits:1"]
    assert right_answers(machine, sample, count=3) == 3
