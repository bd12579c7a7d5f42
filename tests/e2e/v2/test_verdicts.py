"""What becomes of candidates on machines of Azure ML's own: most is asked as of SDK v1, by the same tests."""

import json
import os
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.errors import SmokeTestError, TamperedError
from pipelines.sample_model import Sample
from tests.e2e.conftest import Machine
from tests.e2e.support import candidates
from tests.e2e.support.answers import right_answers
from tests.e2e.support.kills import Killer, clients_of
from tests.e2e.test_verdicts import (
    Outcome,
    check_untouched,
    test_a_first_release_has_a_report_and_no_rival,
    test_equal_is_released_by_the_rule_for_ties,
    test_forced_leaves_its_reason_and_can_be_rolled_back,
    test_worse_is_refused,
)
from tests.integration.emulator.client import in_background

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


def test_a_candidate_and_a_verdict_that_were_forged_together_are_not_believed(
    machine: Machine, candidate: Callable[[candidates.Change], Path], sample: Sample
) -> None:
    """All copies on the datastore say the same, as soon as the last of them is there."""
    before, known, forged = machine.json("status")["service"], _stored(machine, "verdict.json"), list[str]()

    def forge(stop: threading.Event) -> None:
        while not stop.wait(0.01):
            for verdict in _stored(machine, "verdict.json") - known:
                if _forge(machine, verdict):
                    known.add(verdict)
                    forged.append(verdict.parent.name)

    with in_background(forge, 1):
        refused = machine.amlgpu("run", "--model", candidate(candidates.worse), "--validation-data", sample.validation)

    assert len(forged) >= 2, forged
    assert refused.returncode == TamperedError.exit_code, refused.stderr
    assert ".json isn't what the step" in refused.stderr
    said = [log.read_text() for log in machine.state.rglob("std_log.txt")]
    assert any("error: candidate.json isn't what the step register_model wrote" in one for one in said)
    assert machine.json("status")["service"] == before
    assert right_answers(machine, sample, count=3) == 3


def _stored(machine: Machine, name: str) -> set[Path]:
    """All files of that name on the datastore; what goes meanwhile is no error to os.walk()."""
    return {Path(folder, name) for folder, _, files in os.walk(machine.state / "blobs") if name in files}


def _forge(machine: Machine, verdict: Path) -> bool:
    """BLESSED by checks that passed, of a candidate that says so too; False while it isn't whole."""
    try:
        found = json.loads(verdict.read_text())
    except ValueError:
        return False
    for candidate in _stored(machine, "candidate.json"):
        said = json.loads(candidate.read_text())
        if said["run_id"] == found["run_id"]:
            candidate.write_text(json.dumps(said | {"source": "forged"}))
    passed = [one | {"outcome": "pass"} for one in found["checks"]]
    verdict.write_text(json.dumps(found | {"status": "BLESSED", "checks": passed}))
    return True


def test_a_key_that_is_regenerated_while_the_live_service_is_asked_ends_no_release(
    machine: Machine, release_of: Callable[..., Outcome]
) -> None:
    machine.succeed("local", "fault", LIVE_GET, "--stall", "0.001")  # for the candidate
    machine.succeed("local", "fault", LIVE_GET, "--stall", "10")
    steps, before = Killer(machine, random.Random(0)), machine.succeed("key")  # noqa: S311

    def regenerate(stop: threading.Event) -> None:
        while not steps._running("smoke_test"):
            if stop.wait(0.1):
                return
        time.sleep(5)
        machine.succeed("key", "--rotate", "--yes")

    with in_background(regenerate, 1):
        done = release_of(lambda probabilities: 0.7 * probabilities + 0.03)

    assert machine.succeed("key") != before
    assert done.code == 0, done.error
    log = (Path(done.report["report"]) / "logs" / "smoke_test.txt").read_text()
    assert "the primary key of digits was regenerated while it was asked" in log


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
