"""Experiments and interactive runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from azureml.core import Experiment, Workspace

Rest = Callable[..., requests.Response]


def test_completed_run(experiment: Experiment) -> None:
    run = experiment.start_logging(snapshot_directory=None)
    assert run.get_status() == "Running"
    run.complete()
    details = run.get_details()
    assert (run.get_status(), details["status"], details["runId"]) == ("Completed", "Completed", run.id)
    assert details["startTimeUtc"] <= details["endTimeUtc"]


def test_failed_run(experiment: Experiment) -> None:
    run = experiment.start_logging(snapshot_directory=None)
    run.fail(error_details="the disk is full", error_code="UserError")
    assert run.get_status() == "Failed"
    assert run.get_details()["error"]["error"]["message"] == "the disk is full"


def test_warnings_and_heartbeat(experiment: Experiment) -> None:
    run = experiment.start_logging(snapshot_directory=None)
    run._client.run.post_event_heartbeat(60)
    run._client.run.post_event_warning("Run", "the disk is nearly full")
    run.complete()
    details = run.get_details()
    assert (details["status"], details["warnings"][0]["message"]) == ("Completed", "the disk is nearly full")


def test_canceled_run(experiment: Experiment) -> None:
    run = experiment.start_logging(snapshot_directory=None)
    run.cancel()
    assert run.get_status() == "Canceled"


def test_tags_and_properties(experiment: Experiment) -> None:
    run = experiment.start_logging(snapshot_directory=None)
    run.set_tags({"stage": "candidate", "reason": "first"})
    run.tag("stage", "released")
    run.add_properties({"config_hash": "0123456789ab"})
    run.complete()
    assert {key: run.get_tags()[key] for key in ("stage", "reason")} == {"stage": "released", "reason": "first"}
    assert run.get_properties()["config_hash"] == "0123456789ab"


def test_child_runs(experiment: Experiment) -> None:
    parent = experiment.start_logging(snapshot_directory=None)
    children = [parent.child_run(name="first"), *parent.create_children(count=2)]
    for child in children:
        child.complete()
    parent.complete()
    assert {child.id for child in parent.get_children()} == {child.id for child in children}
    assert [child.parent.id for child in children] == [parent.id] * 3
    assert children[0].name.endswith(">first")


def test_runs_of_an_experiment(experiment: Experiment) -> None:
    first, second = (experiment.start_logging(snapshot_directory=None) for _ in range(2))
    first.complete()
    assert [run.id for run in experiment.get_runs()] == [second.id, first.id]
    second.complete()


def test_run_by_id(workspace: Workspace, experiment: Experiment) -> None:
    from azureml.core import Run

    run = experiment.start_logging(snapshot_directory=None)
    run.complete()
    found = workspace.get_run(run.id)
    assert (found.id, found.experiment.name) == (run.id, experiment.name)
    assert Run.get(workspace, run.id).get_status() == "Completed"


def test_experiments(workspace: Workspace, experiment: Experiment) -> None:
    experiment.start_logging(snapshot_directory=None).complete()
    assert workspace.experiments[experiment.name].id == experiment.id


def test_unknown_run(workspace: Workspace) -> None:
    from azureml._restclient.exceptions import ServiceException

    with pytest.raises(ServiceException, match="run 'missing' not found"):
        workspace.get_run("missing")


def test_run_filters(rest: Rest, experiment: Experiment) -> None:
    done, going = (experiment.start_logging(snapshot_directory=None) for _ in range(2))
    done.complete()

    def query(expression: str) -> requests.Response:
        body = {"filter": expression, "top": 10}
        return rest("POST", "/history/v1.0", f"/experiments/{experiment.name}/runs:query", json=body)

    assert [run["runId"] for run in query("(Status eq 'Completed')").json()["value"]] == [done.id]
    assert [run["runId"] for run in query("status ne Completed and ParentRunId eq null").json()["value"]] == [going.id]
    refused = query("startTimeUtc gt 2026-01-01")
    assert refused.status_code == 501
    assert "the run filter 'startTimeUtc gt 2026-01-01'" in refused.json()["error"]["message"]
    going.complete()


def test_unknown_event(rest: Rest, experiment: Experiment) -> None:
    run = experiment.start_logging(snapshot_directory=None)
    path = f"/experiments/{experiment.name}/runs/{run.id}/events"
    answer = rest("POST", "/history/v1.0", path, json={"name": "Run.Teleported", "data": {}})
    assert answer.status_code == 501
    assert "the run event Run.Teleported" in answer.json()["error"]["message"]
    run.complete()
