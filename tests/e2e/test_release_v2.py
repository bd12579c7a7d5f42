"""The same release through SDK v2, from the folder of a model to what is published, by the command line."""

import shutil
from typing import Any

import pytest

from pipelines.sample_model import Sample
from tests.e2e.conftest import Machine

pytestmark = pytest.mark.slow

REPLICAS = 1
WHERE = ("--target", "local-v2", "--service", "digits")


@pytest.fixture(scope="module")
def released(machine: Machine, sample: Sample) -> dict[str, Any]:
    shutil.copytree(sample.model.parent, machine.folder / "sample")
    data = ("--model", "sample/model", "--validation-data", "sample/validation")
    report: dict[str, Any] = machine.json("run", *WHERE, *data)
    return report


def test_a_release_completes_its_four_steps(machine: Machine, released: dict[str, Any]) -> None:
    assert [step["status"] for step in released["steps"]] == ["Completed"] * 4
    assert (released["verdict"]["status"], released["deployment"]["action"]) == ("BLESSED", "created")
    assert all(query["passed"] for query in released["release"]["queries"])
    assert "/api/v1/endpoint/digits/score" in released["deployment"]["scoring_uri"]


def test_what_is_published_starts_over_rest_and_finds_nothing_to_do(machine: Machine, released: dict[str, Any]) -> None:
    machine.succeed("publish", *WHERE)
    machine.succeed("schedule", "create", *WHERE)
    run = machine.json("submit", *WHERE, "--param", "model=1")["run_id"]
    report = machine.json("follow", run, *WHERE)
    assert (report["deployment"]["action"], report["release"]["model_version"]) == ("unchanged", 1)
    status = machine.json("status", *WHERE)
    assert (status["endpoint"]["state"], status["schedule"]["state"]) == ("Active", "Active")
    machines = {"type": "Managed", "instance_type": "Standard_NC4as_T4_v3", "most_machines": 4}
    assert status["cluster"] == {"name": "Azure ML's own machines"} | machines


def test_nothing_but_this_machine_was_asked_for(machine: Machine, released: dict[str, Any]) -> None:
    assert machine.hosts() <= {"127.0.0.1", "localhost"}
