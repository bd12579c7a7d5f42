"""The workflows of .github as GitHub would run them, on a repository that releases to the local workspace.

The tests build on each other, in the order of the file.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.sample_model import Sample
from tests.e2e.conftest import Machine
from tests.e2e.workflows.conftest import LAX, STRICT, Typed
from tests.e2e.workflows.workflow import Job, Repository

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

REPLICAS = 1


def pull_request(repository: str | None, by: str = "someone") -> dict[str, Any]:
    """The payload of one from a branch of that repository; None: it is gone."""
    of = repository and {"full_name": repository}
    return {"pull_request": {"head": {"repo": of}, "user": {"login": by}}}


SAME = pull_request("octo/models")


def results(jobs: dict[str, Job]) -> dict[str, str]:
    return {name: job.result for name, job in jobs.items()}


def artifact(repository: Repository) -> Path:
    """The folder of the last one."""
    return list(repository.artifacts.values())[-1]


@pytest.mark.parametrize(
    ("workflow", "event", "payload"),
    [
        ("release.yml", "push", {}),
        ("redeploy.yml", "schedule", {}),
        ("first-release.yml", "workflow_dispatch", {}),
        ("promote.yml", "workflow_dispatch", {}),
        ("plan.yml", "pull_request", SAME),
    ],
)
def test_without_azure_the_summary_says_so_and_nobody_signs_in(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, workflow: str, event: str, payload: dict[str, Any]
) -> None:
    monkeypatch.setattr(repository, "variables", {})
    jobs = repository.start(workflow, event, {}, payload)
    assert {name for name, job in jobs.items() if job.result == "success"} - {"check"} == {"none"}
    assert "no Azure is set up: docs/azure.md." in jobs["none"].summary
    assert jobs["none"].summary.startswith("No")
    assert jobs["none"].environment == ""


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (pull_request("someone/models"), "pull requests from forks get no sign-in"),
        (pull_request(None), "pull requests from forks get no sign-in"),
        (pull_request("octo/models", "dependabot[bot]"), "pull requests of Dependabot get no sign-in"),
    ],
)
def test_what_nobody_here_has_seen_gets_no_sign_in(
    repository: Repository, payload: dict[str, Any], reason: str
) -> None:
    jobs = repository.start("plan.yml", "pull_request", payload=payload)
    assert results(jobs) == {"plan": "skipped", "none": "success"}
    assert jobs["none"].summary == f"No plan: {reason}.\n"


def test_samples_that_cannot_be_read_are_said(repository: Repository) -> None:
    repository.checkout.answer.unlink(missing_ok=True)
    jobs = repository.start("redeploy.yml", "schedule")
    assert results(jobs) == {"submit": "failure", "follow": "skipped", "none": "skipped"}
    assert jobs["submit"].summary == "Nothing was submitted: the log of the step that failed says why.\n"


def test_a_first_model_comes_from_a_folder_of_the_repository(repository: Repository, first: dict[str, Job]) -> None:
    assert results(first) == {"submit": "success", "follow": "success", "none": "skipped"}, first["submit"].log
    assert (first["submit"].environment, first["follow"].environment) == ("prod", "prod-follow")
    summary = first["follow"].summary
    assert summary.startswith(f"### Released on prod: run {first['submit'].outputs['run_id']}")
    assert "digits:1 is BLESSED" in summary
    assert {file.name for file in artifact(repository).iterdir()} == {"report.html", "verdict.json", "release.json"}


def test_a_pull_request_shows_the_plan(repository: Repository, first: dict[str, Job]) -> None:
    jobs = repository.start("plan.yml", "pull_request", payload=SAME)
    assert results(jobs) == {"plan": "success", "none": "skipped"}, jobs["plan"].log
    assert jobs["plan"].environment == "dev-follow"
    assert jobs["plan"].summary.startswith("### digits on dev\n\nA run would change what is live.")
    assert "| service | - | digits-dev | run |" in jobs["plan"].summary


def test_a_pull_request_with_wrong_settings_fails_and_says_why(repository: Repository, first: dict[str, Job]) -> None:
    repository.checkout.commit({"config/services/digits.yml": "service: {replica: 1}\n"})
    jobs = repository.start("plan.yml", "pull_request", payload=SAME)
    repository.checkout.commit(LAX)
    assert jobs["plan"].result == "failure"
    assert jobs["plan"].summary.startswith("**ConfigError**")
    assert "did you mean replicas?" in jobs["plan"].summary


def test_a_merge_that_validation_refuses_says_why(repository: Repository, first: dict[str, Job]) -> None:
    repository.checkout.commit(STRICT)
    jobs = repository.start("release.yml", "push")
    repository.checkout.commit(LAX)
    assert results(jobs) == {"check": "success", "submit": "success", "follow": "failure", "none": "skipped"}
    assert (jobs["submit"].environment, jobs["follow"].environment) == ("dev", "dev-follow")
    summary = jobs["follow"].summary
    assert summary.startswith(f"### Not released on dev: run {jobs['submit'].outputs['run_id']}")
    assert "digits:1 is NOT_BLESSED" in summary
    assert "**NotBlessedError**" in summary
    verdict = json.loads((artifact(repository) / "verdict.json").read_text())
    assert verdict["status"] == "NOT_BLESSED"


def test_a_run_that_fails_names_the_step_and_its_reason(repository: Repository, first: dict[str, Job]) -> None:
    jobs = repository.dispatch("release.yml", target="prod", service="digits", model="99")
    assert (jobs["submit"].result, jobs["follow"].result) == ("success", "failure")
    assert "| register\\_model | Failed |" in jobs["follow"].summary
    assert "no version 99 of the model digits" in jobs["follow"].summary


def test_what_cannot_be_submitted_says_why(repository: Repository, first: dict[str, Job]) -> None:
    jobs = repository.dispatch("release.yml", target="dev", service="digit")
    assert results(jobs) == {"check": "success", "submit": "failure", "follow": "skipped", "none": "skipped"}
    assert "did you mean digits?" in jobs["submit"].summary


@pytest.mark.parametrize(("windows", "result"), [(1, "success"), (2, "failure")])
def test_a_long_run_is_followed_in_two_windows(
    repository: Repository, first: dict[str, Job], windows: int, result: str
) -> None:
    run_id = first["submit"].outputs["run_id"]
    repository.checkout.times_up.write_text("up\n" * windows)
    jobs = repository.start("follow.yml", "workflow_call", {"target": "prod", "service": "", "run_id": run_id})
    repository.checkout.times_up.unlink()
    assert jobs["follow"].result == result
    untold = f"The run {run_id} on prod wasn't followed to its end; it may go on.\n"
    assert jobs["follow"].summary == untold if windows == 2 else "### Released on prod" in jobs["follow"].summary


def rows(verdict: Path, classes: list[int] | None = None) -> str:
    """What Azure's command prints of the log of a service that answered so; else as in its validation."""
    answers = json.loads(verdict.read_text())["answers"]
    common = {"time": "2026-11-27T03:00:00+00:00", "image_sha256": "0", "latency_ms": 5, "model": "digits:1"}
    given = classes or [answer["predicted"] for answer in answers]
    samples = [
        common | {"class": label, "index": label, "probability": answer["probability"]}
        for label, answer in zip(given, answers, strict=True)
    ]
    return json.dumps([{"line": json.dumps(sample)} for sample in samples])


def test_without_drift_nothing_is_submitted_by_the_clock(repository: Repository, first: dict[str, Job]) -> None:
    repository.checkout.answer.write_text(rows(next(iter(repository.artifacts.values())) / "verdict.json"))
    jobs = repository.start("redeploy.yml", "schedule")
    assert results(jobs) == {"submit": "success", "follow": "skipped", "none": "skipped"}, jobs["submit"].log
    assert jobs["submit"].summary.startswith("### digits: no drift")
    assert "No drift: nothing was submitted." in jobs["submit"].summary

    repository.checkout.answer.write_text("[]")
    undecided = repository.start("redeploy.yml", "schedule")["submit"]
    assert undecided.result == "success"
    assert "Undecided: nothing was submitted." in undecided.summary


def drifted(repository: Repository) -> str:
    """All answers were threes."""
    verdict = next(iter(repository.artifacts.values())) / "verdict.json"
    return rows(verdict, [3] * len(json.loads(verdict.read_text())["answers"]))


def test_drift_submits_what_is_published(repository: Repository, first: dict[str, Job], typed: Typed) -> None:
    repository.checkout.answer.write_text(drifted(repository))
    jobs = repository.start("redeploy.yml", "schedule", without="follow")
    typed("cancel", jobs["submit"].outputs["run_id"], "--target", "prod")
    assert jobs["submit"].result == "success", jobs["submit"].log
    assert jobs["submit"].summary.startswith("### digits: drift")
    assert "nothing was submitted" not in jobs["submit"].summary


@pytest.mark.soak
def test_a_merge_releases_the_latest_version_to_dev(repository: Repository, first: dict[str, Job]) -> None:
    jobs = repository.start("release.yml", "push")
    assert results(jobs) == {"check": "success", "submit": "success", "follow": "success", "none": "skipped"}
    assert "digits:1 serves as digits-dev" in jobs["follow"].summary


@pytest.mark.soak
def test_drift_is_followed_to_the_end_of_the_release(repository: Repository, first: dict[str, Job]) -> None:
    repository.checkout.answer.write_text(drifted(repository))
    jobs = repository.start("redeploy.yml", "schedule")
    assert results(jobs) == {"submit": "success", "follow": "success", "none": "skipped"}
    assert "digits:1 serves as digits" in jobs["follow"].summary


@pytest.mark.soak
@pytest.mark.parametrize("source", ["artifact", "datastore"])
def test_a_model_comes_from_where_it_lies(
    repository: Repository, first: dict[str, Job], machine: Machine, sample: Sample, source: str
) -> None:
    if source == "artifact":
        repository.artifacts["4711", "trained"] = sample.model.parent
        places = {"model": "model", "validation_data": "validation", "artifact": "trained", "run_id": "4711"}
    else:
        (model,), (data,) = (list(machine.state.rglob(f"amlgpu/{kind}/*")) for kind in ("models", "validation"))
        places = {"model": f"amlgpu/models/{model.name}", "validation_data": f"amlgpu/validation/{data.name}"}
    jobs = repository.dispatch("first-release.yml", **{"from": source}, **places)
    assert results(jobs) == {"submit": "success", "follow": "success", "none": "skipped"}, jobs["submit"].log
    assert "digits:1 serves as digits-dev" in jobs["follow"].summary


@pytest.mark.soak
@pytest.mark.parametrize("version", ["1", ""])
def test_what_dev_serves_is_promoted(repository: Repository, first: dict[str, Job], version: str) -> None:
    """After the merge, by which dev serves something.

    By its number first: dev and prod are one workspace here, where the version was then released by prod last.
    """
    jobs = repository.dispatch("promote.yml", version=version)
    assert results(jobs) == dict.fromkeys(("look", "submit", "follow"), "success") | {"none": "skipped"}
    assert [jobs[name].environment for name in ("look", "submit", "follow")] == ["prod-follow", "prod", "prod-follow"]
    assert jobs["look"].summary.startswith("### What would be promoted to prod")
    assert "digits:1 serves as digits" in jobs["follow"].summary


def test_without_a_release_on_dev_nothing_is_promoted(repository: Repository, first: dict[str, Job]) -> None:
    jobs = repository.dispatch("promote.yml", version="99")
    assert results(jobs) == {"look": "failure", "submit": "skipped", "follow": "skipped", "none": "skipped"}
    assert "99" in jobs["look"].summary
