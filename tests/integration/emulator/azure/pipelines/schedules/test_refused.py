"""What is no schedule."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import requests

from tests.integration.emulator.azure.pipelines.schedules.clock import Clock
from tests.integration.emulator.azure.pipelines.schedules.conftest import Create, Publish

if TYPE_CHECKING:
    from azureml.core import Workspace


def test_data_path_parameter_that_is_not_there(publish: Publish, create: Create, workspace: Workspace) -> None:
    store = workspace.get_default_datastore()
    with pytest.raises(Exception, match="pipeline 'paths' has no data path parameter 'data': it has none"):
        create(publish("paths"), datastore=store, data_path_parameter_name="data")


def test_what_cannot_be_scheduled(workspace: Workspace, create: Create, rest: Callable[..., requests.Response]) -> None:
    from azureml.pipeline.core import Schedule, ScheduleRecurrence

    recurrence = ScheduleRecurrence("Day", 1)
    with pytest.raises(Exception, match="pipeline endpoint 'none' not found"):
        Schedule.create_for_pipeline_endpoint(workspace, "lost", "none", "lost", recurrence=recurrence)
    with pytest.raises(Exception, match="pipeline 'none' not found"):
        Schedule.create(workspace, "lost", "none", "lost", recurrence=recurrence)
    refused = rest("POST", "/pipelines/v1.0", "/Schedules/Create", json={"Name": "lost"})
    assert refused.status_code == 400
    assert "needs a PipelineId or a PipelineEndpointId" in refused.json()["error"]["message"]


def test_bad_trigger_is_named(publish: Publish, rest: Callable[..., requests.Response]) -> None:
    body = {"Name": "bad", "PipelineId": publish("never").id, "PipelineSubmissionInfo": {"ExperimentName": "never"}}
    poll = {"DataStoreName": "workspaceblobstore", "PollingInterval": 5}
    daily = {"Frequency": "Day", "Interval": 1}
    for trigger, status, message in (
        ({"Recurrence": {"Frequency": "Year", "Interval": 1}}, 400, "one of Minute, Hour, Day, Week, Month"),
        ({"DataStoreTriggerInfo": {"DataStoreName": "another", "PollingInterval": 5}}, 404, "datastore 'another'"),
        ({"DataStoreTriggerInfo": {"DataStoreName": "workspaceblobstore"}}, 400, "polling interval is from 1"),
        ({}, 400, "needs a Recurrence, or a datastore to poll"),
        ({"DataStoreTriggerInfo": ["blobs"]}, 400, "DataStoreTriggerInfo must be an object, not ['blobs']"),
        ({"DataStoreTriggerInfo": poll | {"PollingInterval": True}}, 400, "PollingInterval must be a whole number"),
        ({"DataStoreTriggerInfo": poll | {"PathOnDataStore": 5}}, 400, "PathOnDataStore must be a text"),
        ({"DataStoreTriggerInfo": poll | {"PathOnDataStore": "a" * 300}}, 400, "path on the datastore"),
        ({"Recurrence": "daily"}, 400, "Recurrence must be an object, not 'daily'"),
        ({"Recurrence": daily, "PipelineSubmissionInfo": "never"}, 400, "PipelineSubmissionInfo must be an object"),
        ({"Recurrence": daily, "PipelineId": ["none"]}, 400, "PipelineId must be a text"),
    ):
        refused = rest("POST", "/pipelines/v1.0", "/Schedules/Create", json=body | trigger)
        assert (refused.status_code, message in refused.json()["error"]["message"]) == (status, True), refused.text


def test_what_is_no_schedule_or_no_status_is_named(
    publish: Publish, create: Create, clock: Clock, rest: Callable[..., requests.Response]
) -> None:
    for body in (5, "nightly", ["nightly"]):
        refused = rest("POST", "/pipelines/v1.0", "/Schedules/Create", json=body)
        assert (refused.status_code, "must be an object" in refused.text) == (400, True)
    schedule = create(publish("odd"), recurrence={"frequency": "Hour", "interval": 1, "start_time": clock.now()})
    refused = rest("PUT", "/pipelines/v1.0", f"/Schedules/{schedule.id}", json={"EntityStatus": "Paused"})
    assert (refused.status_code, "Active, Deprecated or Disabled, not 'Paused'" in refused.text) == (400, True)
    assert rest("GET", "/pipelines/v1.0", f"/Schedules/{schedule.id}").json()["EntityStatus"] == "Active"
