"""Experiments and interactive runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from azureml.core import Experiment, Workspace

Rest = Callable[..., requests.Response]


def test_completed_run(experiment: Experiment) -> None:
    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    assert run.get_status() == "Running"
    run.complete()
    details = run.get_details()
    assert (run.get_status(), details["status"], details["runId"]) == ("Completed", "Completed", run.id)
    assert details["startTimeUtc"] <= details["endTimeUtc"]


def test_failed_run(experiment: Experiment) -> None:
    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    run.fail(error_details="the disk is full", error_code="UserError")
    assert run.get_status() == "Failed"
    assert run.get_details()["error"]["error"]["message"] == "the disk is full"


def test_warnings_and_heartbeat(experiment: Experiment) -> None:
    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    run._client.run.post_event_heartbeat(60)
    run._client.run.post_event_warning("Run", "the disk is nearly full")
    run.complete()
    details = run.get_details()
    assert (details["status"], details["warnings"][0]["message"]) == ("Completed", "the disk is nearly full")


def test_canceled_run(experiment: Experiment) -> None:
    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    run.cancel()
    assert run.get_status() == "Canceled"


def test_tags_and_properties(experiment: Experiment) -> None:
    from azureml._restclient.exceptions import ServiceException

    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    run.set_tags({"stage": "candidate", "reason": "first"})
    run.tag("stage", "released")
    run.add_properties({"config_hash": "0123456789ab"})
    run.add_properties({"config_hash": "0123456789ab", "commit": "abc"})
    with pytest.raises(ServiceException, match="property 'config_hash' of run"):
        run.add_properties({"config_hash": "ba9876543210"})
    run.complete()
    assert {key: run.get_tags()[key] for key in ("stage", "reason")} == {"stage": "released", "reason": "first"}
    assert {key: run.get_properties()[key] for key in ("config_hash", "commit")} == {
        "config_hash": "0123456789ab",
        "commit": "abc",
    }


def test_child_runs(experiment: Experiment) -> None:
    parent = experiment.start_logging(snapshot_directory=None, outputs=False)
    children = [parent.child_run(name="first"), *parent.create_children(count=2)]
    for child in children:
        child.complete()
    parent.complete()
    assert {child.id for child in parent.get_children()} == {child.id for child in children}
    assert [child.parent.id for child in children] == [parent.id] * 3
    assert children[0].name.endswith(">first")


def test_runs_of_an_experiment(experiment: Experiment) -> None:
    first, second = (experiment.start_logging(snapshot_directory=None, outputs=False) for _ in range(2))
    first.complete()
    assert [run.id for run in experiment.get_runs()] == [second.id, first.id]
    second.complete()


def test_run_by_id(workspace: Workspace, experiment: Experiment) -> None:
    from azureml.core import Run

    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    run.complete()
    found = workspace.get_run(run.id)
    assert (found.id, found.experiment.name) == (run.id, experiment.name)
    assert Run.get(workspace, run.id).get_status() == "Completed"


def test_unknown_run(workspace: Workspace) -> None:
    from azureml._restclient.exceptions import ServiceException

    with pytest.raises(ServiceException, match="run 'missing' not found"):
        workspace.get_run("missing")


def test_filters_of_runs(experiment: Experiment) -> None:
    from azureml.core import Run

    first, second = (experiment.start_logging(snapshot_directory=None, outputs=False) for _ in range(2))
    first.set_tags({"stage": "candidate", "why": 'he said "no" (twice)'})
    second.set_tags({"stage": "released"})
    second.add_properties({"kind": "nightly"})
    child = second.child_run()
    for run in (child, first):
        run.complete()

    def found(**filters: object) -> list[str]:
        return [run.id for run in Run.list(experiment, **filters)]

    assert found() == [second.id, first.id]
    assert found(include_children=True) == [child.id, second.id, first.id]
    assert found(tags="stage") == [second.id, first.id]
    assert found(tags={"stage": "candidate", "why": 'he said "no" (twice)'}) == [first.id]
    assert found(properties={"kind": "nightly"}) == [second.id]
    assert found(properties="none") == found(type="azureml.StepRun") == []
    assert found(status="Completed") == [first.id]
    assert found(include_children=True, status="Completed") == [child.id, first.id]
    second.complete()


def test_filters_of_children(experiment: Experiment) -> None:
    parent = experiment.start_logging(snapshot_directory=None, outputs=False)
    one, two = parent.create_children(tag_key="fold", tag_values=["1", "2"])
    below = two.child_run("below")
    below.tag("fold", "1")
    for run in (below, one):
        run.complete()

    def found(recursive: bool, **filters: object) -> set[str]:
        return {run.id for run in parent.get_children(recursive=recursive, **filters)}

    assert found(False) == {one.id, two.id}
    assert found(True) == {one.id, two.id, below.id}
    assert {run.id for run in two.get_children(recursive=True)} == {below.id}
    assert (found(False, tags={"fold": "1"}), found(True, tags={"fold": "1"})) == ({one.id}, {one.id, below.id})
    assert (found(False, status="Completed"), found(True, status="Completed")) == ({one.id}, {one.id, below.id})
    assert found(True, properties="none") == set()
    two.complete()
    parent.complete()


def test_runs_come_in_pages(rest: Rest, experiment: Experiment) -> None:
    parent = experiment.start_logging(snapshot_directory=None, outputs=False)
    children = [child.id for child in parent.create_children(count=5)]
    base, body = f"/experiments/{experiment.name}", {"filter": f"ParentRunId eq {parent.id}", "top": 2}
    seen: list[list[str]] = []
    token: str | None = ""
    while token is not None:
        answer = rest("POST", "/history/v1.0", base + "/runs:query", json=body | {"continuationToken": token}).json()
        asked = {"$top": 2, "$continuationToken": token}
        assert rest("GET", "/history/v1.0", f"{base}/runs/{parent.id}/children", params=asked).json() == answer
        seen.append([run["runId"] for run in answer["value"]])
        token = answer["continuationToken"]
    assert [len(runs) for runs in seen] == [2, 2, 1]
    assert sorted(run for runs in seen for run in runs) == sorted(children)


def test_a_filter_that_would_be_ignored(rest: Rest, experiment: Experiment) -> None:
    refused = rest("POST", "/history/v1.0", f"/experiments/{experiment.name}/runs:query", json={"filter": "Cost gt 3"})
    assert refused.status_code == 400
    assert "the filter on Cost" in refused.json()["error"]["message"]


def test_names_and_tags_change(workspace: Workspace, experiment: Experiment) -> None:
    from azureml.core import Run

    run = experiment.start_logging(snapshot_directory=None, outputs=False, display_name="first")
    assert run.display_name == "first"
    run.display_name, run.description = "second", "a run of many"
    run.set_tags({"kept": "1", "dropped": "2"})
    run.remove_tags(["dropped"])
    found = Run.get(workspace, run.id)
    assert (found.display_name, found.description, found.tags) == ("second", "a run of many", {"kept": "1"})
    run.complete()


def test_waiting_for_a_failed_run(experiment: Experiment) -> None:
    from azureml.exceptions import ActivityFailedException

    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    run.fail("the disk is full", "UserError")
    with pytest.raises(ActivityFailedException, match="the disk is full"):
        run.wait_for_completion()


def test_token_of_a_run(workspace: Workspace, experiment: Experiment) -> None:
    """Inside a run the SDK asks for another when its token is about to expire, by experiment name or by its id."""
    from azureml.core.authentication import AzureMLTokenAuthentication

    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    scope = (workspace.subscription_id, workspace.resource_group, workspace.name, experiment.name)
    old = run._client.run.get_token()
    for experiment_id in (None, experiment.id):
        authentication = AzureMLTokenAuthentication.create(
            old.token,
            datetime.now(timezone.utc) + timedelta(seconds=1),
            workspace.service_context._get_run_history_url(),
            *scope,
            run.id,
            experiment_id=experiment_id,
        )
        assert authentication.get_authentication_header()["Authorization"].startswith("Bearer ")
        assert authentication.expiry_time > datetime.now(timezone.utc) + timedelta(hours=1)
    run.complete()


def test_unknown_event(rest: Rest, experiment: Experiment) -> None:
    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    path = f"/experiments/{experiment.name}/runs/{run.id}/events"
    answer = rest("POST", "/history/v1.0", path, json={"name": "Run.Teleported", "data": {}})
    assert answer.status_code == 400
    assert "the run event Run.Teleported" in answer.json()["error"]["message"]
    run.complete()
