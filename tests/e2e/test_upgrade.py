"""A service that commit 6ab4c66 released is seen, planned for, released over, and gone back to.

The tests build on each other, in the order of the file.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.sample_model import Sample
from tests.e2e.conftest import Machine
from tests.fixtures.old_release import unpack

pytestmark = pytest.mark.slow

REPLICAS = 1
OLD = "6ab4c66"
CHANGES = 2
ASKED = 20
NAMES = ("--set", "pipeline.endpoint=gpu-release", "--set", "schedule.name=gpu-release-schedule")
"""Settings by which today's verbs find what that commit published and scheduled; model and service are `digits`."""


@pytest.fixture(scope="module")
def upgraded(machine: Machine) -> Machine:
    """The folder in which that commit worked, with today's `amlgpu`."""
    unpack(machine.folder)
    machine.succeed("local", "up")
    return machine


def test_what_is_live_is_seen(upgraded: Machine) -> None:
    live = upgraded.json("status", *NAMES)

    assert (live["service"]["state"], live["service"]["models"]) == ("Healthy", ["digits:2"])
    assert live["service"]["tags"]["git_commit"].startswith(OLD)
    assert live["endpoint"]["published"].startswith(OLD)
    assert (live["schedule"]["name"], live["schedule"]["state"]) == ("gpu-release-schedule", "Active")


def test_service_answers_as_it_did(upgraded: Machine) -> None:
    assert answers(upgraded) == answers_of_then(upgraded)


def test_only_what_differs_is_planned(upgraded: Machine) -> None:
    planned = upgraded.amlgpu("plan", "--model", "second", "--json", *NAMES)

    assert planned.returncode == CHANGES, planned.stderr
    plan = json.loads(planned.stdout)
    changed = {item["name"] for item in plan["items"] if item["changes"]}
    assert {"scoring code", "endpoint default"} <= changed <= {"scoring code", "endpoint default", "environment"}
    why = {step["step"]: step["why"] for step in plan["steps"]}
    assert why["register_model"] == "the same content is digits:2 already"
    assert "scoring code" in why["deploy_service"]


@pytest.mark.soak
def test_endpoint_and_schedule_are_taken_over(upgraded: Machine) -> None:
    before = upgraded.json("status", *NAMES)

    upgraded.succeed("publish", *NAMES)
    assert "unchanged" in upgraded.succeed("schedule", "create", *NAMES)

    after = upgraded.json("status", *NAMES)
    assert after["endpoint"]["url"] == before["endpoint"]["url"]
    assert not after["endpoint"]["published"].startswith(OLD)
    assert after["schedule"] == before["schedule"]
    assert after["service"] == before["service"]


def test_everything_would_be_removed(upgraded: Machine) -> None:
    removals = upgraded.json("teardown", "--dry-run", *NAMES)["removals"]

    assert [(one["kind"], one["name"]) for one in removals] == [
        ("schedule", "gpu-release-schedule"),
        ("endpoint", "gpu-release"),
        ("service", "digits"),
        ("cluster", "gpu-aks"),
        ("compute", "gpu-compute"),
    ]
    upgraded.succeed("schedule", "remove", *NAMES)  # it would fire in the middle of this once a week
    assert upgraded.json("status", *NAMES)["schedule"] is None


@pytest.mark.soak
@pytest.mark.timeout(1200)  # a release and a rollback
def test_another_model_is_released_over_it_and_taken_back(upgraded: Machine, sample: Sample) -> None:
    before = upgraded.json("status")["service"]

    report = upgraded.json("run", "--model", sample.model, "--validation-data", sample.validation)

    assert (report["candidate"]["model_version"], report["deployment"]["action"]) == (3, "updated")
    assert report["verdict"]["production"]["model"] == "digits:2"
    assert report["verdict"]["production"]["metrics"]

    done = upgraded.json("rollback", "--yes")["done"]

    assert done.startswith("digits was put back to digits:2")
    assert released(upgraded) == {key: before[key] for key in ("models", "environment", "tags")}
    assert answers(upgraded) == answers_of_then(upgraded)


@pytest.mark.soak
def test_the_same_model_stays_the_version_that_it_is(upgraded: Machine) -> None:
    """Without --validation-data: the images that were uploaded then are still there."""
    report = upgraded.json("run", "--model", "second")

    assert (report["candidate"]["model_version"], report["candidate"]["reused"]) == (2, True)
    assert report["verdict"]["status"] == "BLESSED"
    assert report["deployment"]["action"] == "updated"
    assert not upgraded.json("status")["service"]["tags"]["git_commit"].startswith(OLD)
    assert answers(upgraded) == answers_of_then(upgraded)


@pytest.mark.soak
def test_the_first_release_of_then_is_brought_back(upgraded: Machine) -> None:
    done = upgraded.json("rollback", "--to", "1", "--yes")["done"]

    assert done.startswith("digits was put back to digits:1")
    assert released(upgraded)["tags"]["git_commit"].startswith(OLD)
    assert {answer[0] for answer in answers(upgraded)} == {"digits:1"}


def released(machine: Machine) -> dict[str, Any]:
    service = machine.json("status")["service"]
    return {key: service[key] for key in ("models", "environment", "tags")}


def answers(machine: Machine) -> list[tuple[str, int, Any]]:
    images = sorted(machine.folder.glob("validation/*.jpg"))[:ASKED]
    return [_facts(answer) for answer in machine.json("query", *images)]


def answers_of_then(machine: Machine) -> list[tuple[str, int, Any]]:
    kept = json.loads(Path(machine.folder, "answers.json").read_text(encoding="utf-8"))
    # Another processor rounds otherwise.
    return [(model, label, pytest.approx(given, abs=1e-4)) for model, label, given in map(_facts, kept[:ASKED])]


def _facts(answer: dict[str, Any]) -> tuple[str, int, list[float]]:
    return answer["model"], answer["body"]["class"], answer["body"]["probabilities"]
