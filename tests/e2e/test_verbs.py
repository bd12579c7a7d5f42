"""The verbs around one release: plan, which changes nothing, publish, submit with a changed parameter, teardown.

The tests build on each other, in the order of the file.
"""

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from pipelines.sample_model import Sample
from tests.e2e.conftest import Machine

pytestmark = pytest.mark.slow

REPLICAS = 1

CHANGES = 2
OWN_LOGS = ("requests.log", "emulator.log")


def state_of(machine: Machine) -> dict[str, str]:
    """Every document of the workspace and every file beside them, as hashes."""
    files = [path for path in machine.state.rglob("*") if path.is_file() and not _changes_by_itself(path)]
    hashes = {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    with sqlite3.connect(f"file:{machine.state}/workspace.db?mode=ro", uri=True) as database:
        # The SDK itself registers its data types with whatever workspace it asks for pipelines.
        documents = database.execute("SELECT kind, key, body FROM documents WHERE kind != 'data type' ORDER BY 1, 2")
        return hashes | {f"{kind} {key}": body for kind, key, body in documents}


def _changes_by_itself(path: Path) -> bool:
    """Logs, the database, which is compared by content, and what this machine has found out about models."""
    return (
        path.parent.name == "inspections"
        or path.name in OWN_LOGS
        or path.suffix == ".log"
        or path.name.startswith("workspace.db")
    )


def test_before_the_first_release_everything_would_be_new(machine: Machine, sample: Sample) -> None:
    machine.succeed("local", "up")
    before = state_of(machine)

    planned = machine.amlgpu("plan", "--model", sample.model, "--json")

    assert planned.returncode == CHANGES, planned.stderr
    plan = json.loads(planned.stdout)
    assert plan["changes"] is True
    works = {step["step"]: step["works"] for step in plan["steps"]}
    assert (works["register_model"], works["deploy_service"]) == (True, True)
    assert state_of(machine) == before


def test_right_after_a_run_there_is_nothing_to_do(machine: Machine, release: dict[str, Any], sample: Sample) -> None:
    before = state_of(machine)
    plan = machine.json("plan", "--model", sample.model)

    assert plan["changes"] is False
    assert not any(step["works"] for step in plan["steps"])
    assert state_of(machine) == before
    assert "Nothing to do." in machine.succeed("plan", "--model", sample.model)


def test_what_a_killed_run_left_unproven_is_said(machine: Machine, release: dict[str, Any], sample: Sample) -> None:
    (lease,) = machine.state.rglob("amlgpu/leases/digits.json")
    proven = lease.read_text()
    lease.write_text(json.dumps(json.loads(proven) | {"before": {"state": None}}))
    before = state_of(machine)

    planned = machine.amlgpu("plan", "--model", sample.model, "--json")

    assert planned.returncode == CHANGES, planned.stderr
    plan = json.loads(planned.stdout)
    (item,) = (item for item in plan["items"] if item["changes"] and item["by"] == "run")
    assert (item["name"], item["live"]) == ("proven", f"no: the run {release['run_id']} ended without proving it")
    assert [step["step"] for step in plan["steps"] if step["works"]] == ["smoke_test"]
    assert state_of(machine) == before
    lease.write_text(proven)


@pytest.mark.parametrize(
    ("setting", "changed"),
    [
        ("service.replicas=2", {"service settings", "replicas"}),
        ("scoring.max_batch=8", {"environment"}),
        ("service.memory_gb=3", {"service settings", "memory, GB"}),
    ],
)
def test_a_changed_setting_is_named(
    machine: Machine, release: dict[str, Any], sample: Sample, setting: str, changed: set[str]
) -> None:
    planned = machine.amlgpu("plan", "--model", sample.model, "--set", setting, "--json")

    assert planned.returncode == CHANGES, planned.stderr
    items = json.loads(planned.stdout)["items"]
    assert {item["name"] for item in items if item["changes"] and item["by"] == "run"} == changed


def test_a_model_that_is_not_there_is_refused(machine: Machine, release: dict[str, Any]) -> None:
    refused = machine.amlgpu("plan", "--model", "99")

    assert refused.returncode == 3
    assert "no version 99 of the model digits" in refused.stderr


def test_what_other_verbs_would_change_is_told_apart(machine: Machine, release: dict[str, Any], sample: Sample) -> None:
    items = {item["name"]: item for item in machine.json("plan", "--model", sample.model)["items"]}

    assert (items["endpoint default"]["changes"], items["endpoint default"]["by"]) == (True, "publish")
    machine.succeed("publish")
    items = {item["name"]: item for item in machine.json("plan", "--model", sample.model)["items"]}
    assert items["endpoint default"]["changes"] is False


def test_published_pipeline_runs_with_a_changed_parameter_and_changes_nothing(
    machine: Machine, release: dict[str, Any]
) -> None:
    before = machine.json("status")["service"]
    machine.succeed("publish")

    report = machine.json("submit", "--param", "sample_count=110", "--wait")

    assert report["status"] in ("Completed", "Finished")
    assert len(report["verdict"]["answers"]) == 110
    assert report["candidate"]["reused"] is True
    assert report["deployment"]["action"] == "unchanged"
    assert machine.json("status")["service"] == before


def test_unknown_parameter_is_refused_with_the_known_ones(machine: Machine) -> None:
    refused = machine.amlgpu("submit", "--param", "sample_cuont=200")

    assert refused.returncode != 0
    assert "sample_count" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_teardown_says_first_and_then_removes_what_costs_money(machine: Machine, release: dict[str, Any]) -> None:
    machine.succeed("schedule", "create")
    planned = machine.json("teardown", "--dry-run")["removals"]
    assert machine.json("status")["service"] is not None

    machine.succeed("teardown", "--yes")

    kinds = [removal["kind"] for removal in planned]
    assert {"service", "schedule"} <= set(kinds)
    after = machine.json("status")
    assert not any(after[kind] for kind in ("service", "schedule", "compute", "cluster"))
    assert machine.json("teardown", "--dry-run")["removals"] == []
