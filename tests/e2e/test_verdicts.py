"""What becomes of candidates that are worse, equal, slow, forced, or fail only when they are live."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from config.errors import ConfigError, NotBlessedError, SmokeTestError
from pipelines.sample_model import Sample
from steps.validation.report.worst import MOST
from tests.e2e.conftest import Machine
from tests.e2e.support import candidates
from tests.e2e.support.answers import right_answers
from tests.integration.workspaces.local import LocalWorkspace

pytestmark = pytest.mark.slow

REPLICAS = 1
CHANGES = 2

FAULTS = "12"
"""As many answers of the live service are 500 as fail a smoke test, and no more: what is put back answers."""


@pytest.fixture(scope="module")
def candidate(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Callable[[candidates.Change], Path]:
    return lambda change: candidates.write(sample.model, tmp_path_factory.mktemp("candidate") / "model", change)


class Outcome:
    """One `amlgpu run` with its exit code, its report, and what served before and after."""

    def __init__(
        self, machine: Machine, sample: Sample, before: dict[str, Any], model: Path | str, *options: str
    ) -> None:
        self.before = before
        ended = machine.amlgpu("run", "--model", model, "--validation-data", sample.validation, "--json", *options)
        assert "Traceback" not in ended.stdout + ended.stderr
        self.code, self.error = ended.returncode, ended.stderr
        self.report: dict[str, Any] = json.loads(ended.stdout)
        self.after = machine.json("status")["service"]

    def check(self, name: str) -> dict[str, Any]:
        return next(check for check in self.report["verdict"]["checks"] if check["name"] == name)


@pytest.fixture(scope="module")
def outcome(machine: Machine, release: dict[str, Any], sample: Sample) -> Callable[..., Outcome]:
    """Runs a model after the sample itself was released, and perhaps others."""
    live = [machine.json("status")["service"]]

    def run(model: Path, *options: str) -> Outcome:
        done = Outcome(machine, sample, live[-1], model, *options)
        live.append(done.after)
        return done

    return run


@pytest.fixture(scope="module")
def release_of(
    outcome: Callable[..., Outcome], candidate: Callable[[candidates.Change], Path]
) -> Callable[..., Outcome]:
    """Runs the candidate that a change of the sample makes."""
    return lambda change, *options: outcome(candidate(change), *options)


def test_a_first_release_has_a_report_and_no_rival(machine: Machine, release: dict[str, Any]) -> None:
    checks = {check["name"]: check for check in release["verdict"]["checks"]}
    assert checks["not_worse_than_production"]["outcome"] == "skip"
    assert "first release" in checks["not_worse_than_production"]["detail"]
    page = (Path(release["report"]) / "report.html").read_text()
    assert page.count("<svg") == 4
    assert f"{release['verdict']['model_name']}:1 is" in page
    assert release["candidate"]["git_commit"] in page
    assert "BLESSED" in (Path(release["report"]) / "report.md").read_text()


def check_untouched(machine: Machine, sample: Sample, outcome: Outcome) -> None:
    """The workspace says that the service is as before, and it answers."""
    assert outcome.after == outcome.before
    assert right_answers(machine, sample, count=3) == 3


def test_worse_is_refused(machine: Machine, release_of: Callable[..., Outcome], sample: Sample) -> None:
    worse = release_of(candidates.worse, "--set", "validation.accuracy_floor=0.5")

    assert worse.code == NotBlessedError.exit_code, worse.error
    assert worse.check("accuracy_floor")["outcome"] == "pass"
    assert worse.check("not_worse_than_production")["outcome"] == "fail"
    assert worse.report["verdict"]["production"]["model"] == worse.before["models"][0]
    page = (Path(worse.report["report"]) / "report.html").read_text()
    assert "first those that production answered rightly" in page
    wrong = sum(not answer["right"] for answer in worse.report["verdict"]["answers"])
    assert page.count("data:image/jpeg;base64,") == min(wrong, MOST)
    verdict = worse.report["verdict"]
    tags = LocalWorkspace(machine.state).tags(verdict["run_id"])
    assert (tags["service"], tags["verdict"]) == ("digits", "NOT_BLESSED")
    assert tags["model"] == f"{verdict['model_name']}:{verdict['model_version']}"
    assert tags["reason"].startswith(f"refused: {tags['model']} is NOT_BLESSED, nothing was deployed: ")
    check_untouched(machine, sample, worse)

    told = machine.amlgpu("follow", worse.report["run_id"])

    assert told.returncode == NotBlessedError.exit_code
    assert "NOT_BLESSED" in told.stdout
    assert "not_worse_than_production" in told.stdout + told.stderr
    assert "Traceback" not in told.stdout + told.stderr


@pytest.mark.soak
def test_slow_is_refused_by_its_ratio_to_production(
    machine: Machine, release_of: Callable[..., Outcome], sample: Sample
) -> None:
    slow = release_of(candidates.slow, "--set", "validation.latency_p50_ratio=2")

    assert slow.code == NotBlessedError.exit_code, slow.error
    assert slow.check("latency_p50")["outcome"] == "fail"
    assert slow.check("not_worse_than_production")["outcome"] == "pass"
    check_untouched(machine, sample, slow)


def test_without_the_gpu_that_is_required_nothing_is_released(
    machine: Machine, outcome: Callable[..., Outcome], sample: Sample
) -> None:
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("this machine has a GPU")
    refused = outcome(sample.model, "--set", "validation.require_gpu=true")

    assert refused.code == NotBlessedError.exit_code, refused.error
    assert refused.report["candidate"]["reused"] is True
    assert refused.check("cold_start")["outcome"] == "fail"
    assert "TensorFlow sees no GPU" in refused.check("cold_start")["detail"]
    assert refused.check("gpu_used")["outcome"] == "not_reached"
    check_untouched(machine, sample, refused)


@pytest.mark.soak
def test_equal_is_released_by_the_rule_for_ties(
    machine: Machine, release_of: Callable[..., Outcome], sample: Sample
) -> None:
    equal = release_of(candidates.equal)

    assert equal.code == 0, equal.error
    assert equal.check("not_worse_than_production")["detail"] == "0 samples better, 0 worse of 120"
    assert equal.report["deployment"]["action"] == "updated"
    assert equal.after["models"] != equal.before["models"]
    assert equal.after["tags"]["replaces"] == equal.before["tags"]["run_id"]
    (answer,) = machine.json("query", next(sample.validation.glob("*.jpg")))
    assert [answer["model"]] == equal.after["models"]


def test_what_fails_live_is_put_back_and_proven(
    machine: Machine, release_of: Callable[..., Outcome], sample: Sample
) -> None:
    machine.succeed("local", "fault", "POST /api/v1/service/{service}/score", "--status", "500", "--times", FAULTS)
    failed = release_of(lambda probabilities: candidates.equal(candidates.equal(probabilities)))

    assert failed.code == SmokeTestError.exit_code, failed.error
    assert failed.report["verdict"]["status"] == "BLESSED"
    assert re.search(r"digits was put back to digits:\d+, and passed 8 queries", failed.error)
    check_untouched(machine, sample, failed)


def test_what_fails_staged_never_touches_production(
    machine: Machine, release_of: Callable[..., Outcome], sample: Sample
) -> None:
    machine.succeed("local", "fault", "POST /api/v1/service/{service}/score", "--status", "500", "--times", FAULTS)
    staged = release_of(lambda probabilities: 0.8 * probabilities + 0.02, "--set", "service.strategy=staged")

    assert staged.code == SmokeTestError.exit_code, staged.error
    assert "staged as digits-staged, failed" in staged.error
    assert "production wasn't touched" in staged.error
    machine.succeed("local", "fault", "--clear")
    check_untouched(machine, sample, staged)


def test_forced_leaves_its_reason_and_can_be_rolled_back(
    machine: Machine, release_of: Callable[..., Outcome], sample: Sample
) -> None:
    reason = "the old one is <worse>"
    forced = release_of(candidates.worse, "--force", reason)

    assert forced.code == 0, forced.error
    assert forced.report["deployment"]["forced_reason"] == reason
    assert forced.after["tags"]["verdict"] == f"NOT_BLESSED, forced: {reason}"
    assert machine.amlgpu("plan", "--model", "1").returncode == CHANGES

    unasked, planned = machine.amlgpu("rollback"), machine.json("rollback", "--dry-run")
    assert unasked.returncode == ConfigError.exit_code
    assert "say so with --yes" in unasked.stderr
    (model,), (before,) = forced.after["models"], forced.before["models"]
    assert f"digits: from {model} back to {before}, which the run " in planned["planned"]
    assert planned["done"] is None
    assert machine.json("status")["service"] == forced.after
    assert "was put back to" in machine.json("rollback", "--yes")["done"]
    assert machine.json("status")["service"] == forced.before
    assert right_answers(machine, sample, count=3) == 3
