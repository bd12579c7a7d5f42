"""Publish, submit with a changed parameter, schedule, teardown: each through the command line."""

from typing import Any

import pytest

from config.errors import WorkspaceError
from tests.e2e.conftest import Machine

pytestmark = pytest.mark.slow

REPLICAS = 1


def test_published_pipeline_runs_with_a_changed_parameter(machine: Machine, release: dict[str, Any]) -> None:
    first = machine.json("publish")
    second = machine.json("publish")
    assert second["endpoint"] == first["endpoint"]
    assert second["endpoint_version"] != first["endpoint_version"]

    report = machine.json("submit", "--param", "sample_count=200", "--wait")

    assert report["status"] in ("Completed", "Finished")
    assert report["candidate"]["reused"] is True
    assert len(report["verdict"]["answers"]) == 200


def test_unknown_parameter_is_refused_with_the_known_ones(machine: Machine, release: dict[str, Any]) -> None:
    refused = machine.amlgpu("submit", "--param", "sample_cuont=200")

    assert refused.returncode != 0
    assert "sample_count" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_schedule_is_created_once_listed_and_removed(machine: Machine, release: dict[str, Any]) -> None:
    machine.succeed("schedule", "create")
    machine.succeed("schedule", "create")
    assert len(machine.json("schedule", "list")) == 1

    machine.succeed("schedule", "remove")
    assert machine.json("schedule", "list") == []


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


def test_what_was_never_published_names_the_missing_verb(machine: Machine, release: dict[str, Any]) -> None:
    refused = machine.amlgpu("submit", "--set", "pipeline.endpoint=never-published")

    assert refused.returncode == WorkspaceError.exit_code
    assert "amlgpu publish" in refused.stderr
