"""What changes on a datastore starts runs."""

from datetime import timedelta

import pytest

from azureml_emulator.azure.pipelines.schedules.scheduler import Scheduler
from azureml_emulator.azure.pipelines.schedules.triggers import submissions
from azureml_emulator.azure.storage.blobs.files import DATASTORE, blob_file
from azureml_emulator.azure.storage.datastores.registry import BUILT_IN
from azureml_emulator.errors import NotFound
from azureml_emulator.state.workspace import LocalWorkspace
from tests.unit.emulator.azure.pipelines.schedules.conftest import HOURLY, Add, StoppedClock, Submissions, runs_of


def test_poll(add: Add, clock: StoppedClock, workspace: LocalWorkspace, engine: Submissions) -> None:
    """Changes are found by the next poll, also those of the time when nothing ran; nothing else starts a run."""
    file = blob_file(workspace, DATASTORE, "in/a.jpg")
    file.parent.mkdir(parents=True)
    file.write_text("there before")
    add("polls", DataStoreTriggerInfo={"DataStoreName": BUILT_IN, "PollingInterval": 5, "PathOnDataStore": "in"})

    def poll(minutes: int) -> int:
        clock.moment += timedelta(minutes=minutes)
        restarted = Scheduler(workspace, engine)
        restarted.recover()
        restarted.wake()
        return len(engine.runs)

    assert poll(5) == 0
    file.with_name("b.jpg").write_text("added")
    assert [poll(4), poll(1), poll(5)] == [0, 1, 1]
    file.write_text("changed")
    file.with_name("c.jpg").write_text("added at the same time")
    assert [poll(5), poll(5)] == [2, 2]
    file.unlink()
    assert poll(5) == 2


def test_poll_of_what_can_no_longer_be_read_keeps_no_other_from_firing(
    add: Add,
    clock: StoppedClock,
    workspace: LocalWorkspace,
    engine: Submissions,
    scheduler: Scheduler,
    capfd: pytest.CaptureFixture[str],
) -> None:
    workspace.store.put("datastore", "raw", {"name": "raw", "container": "raw"})
    add("polls", DataStoreTriggerInfo={"DataStoreName": "raw", "PollingInterval": 5})
    add("hourly", Recurrence=HOURLY)
    workspace.store.delete("datastore", "raw")
    clock.moment += timedelta(minutes=30)
    scheduler.wake()
    assert [run["ScheduleId"] for run in runs_of(workspace)] == ["hourly"]
    assert "datastore 'raw' not found" in capfd.readouterr().err


def test_poll_of_what_is_not_there(add: Add) -> None:
    with pytest.raises(NotFound, match="datastore 'another' not found"):
        add("polls", DataStoreTriggerInfo={"DataStoreName": "another", "PollingInterval": 5})


def test_one_submission_for_each_blob() -> None:
    """With a data path parameter, no blob is missed when several come between two polls."""
    poll = {"DataStoreName": BUILT_IN, "DataPathParameterName": "data", "PathOnDataStore": "/in/"}
    info = {"ExperimentName": "nightly", "DataPathAssignments": {"other": {"RelativePath": "x"}}}
    first, second = submissions({"DataStoreTriggerInfo": poll, "PipelineSubmissionInfo": info}, ["a.jpg", "b.jpg"])
    assert first["DataPathAssignments"]["data"] == {"DataStoreName": BUILT_IN, "RelativePath": "in/a.jpg"}
    assert second["DataPathAssignments"].keys() == {"other", "data"}
    assert (second["ExperimentName"], second["RunType"]) == ("nightly", "Schedule")
    assert "data" not in info["DataPathAssignments"]
