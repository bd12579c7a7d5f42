"""Models, services, pipelines and schedules as plain values."""

from pathlib import Path
from typing import cast

import pytest

from azureml_emulator.azure.assets.models.registry import create_model
from azureml_emulator.azure.runs.history.runs import create_run
from azureml_emulator.azure.services.replicas.replica import Replica
from azureml_emulator.errors import NotFound
from azureml_emulator.execution.child import Child
from azureml_emulator.state.workspace import LocalWorkspace
from azureml_emulator.studio.contents.assets.models import models
from azureml_emulator.studio.contents.endpoints.services import service_of
from azureml_emulator.studio.contents.links import Fact
from azureml_emulator.studio.contents.pipelines import all_endpoints, all_published, endpoint, published
from azureml_emulator.studio.contents.schedules import schedules, when
from azureml_emulator.wire import Document
from tests.unit.emulator.studio.conftest import Submit

SERVICE: Document = {
    "name": "digits",
    "state": "Healthy",
    "computeName": "gpu",
    "computeType": "AKS",
    "models": [{"id": "digits:2"}],
    "numReplicas": 2,
    "scoringUri": "http://127.0.0.1:1/api/v1/service/digits/score",
    "updatedTime": "2026-11-24T07:00:00",
    "description": None,
    "kvTags": {},
    "properties": {},
    "authEnabled": True,
    "aadAuthEnabled": False,
    "error": None,
}


class Process:
    def __init__(self, running: bool) -> None:
        self.running = running


@pytest.fixture
def pipeline(workspace: LocalWorkspace, submit: Submit) -> Document:
    graph = submit(["train"], parameters={"n": "1", "name": "digits"})["GraphId"]
    document = {"Id": "p", "Name": "nightly", "Version": None, "Description": None, "GraphId": graph}
    document |= {"EntityStatus": "Active", "CreatedDate": "2026-11-24T07:00:00", "ParameterAssignments": {"n": "5"}}
    return workspace.store.put("pipeline", "p", document)


def test_models_by_name_newest_version_first(workspace: LocalWorkspace) -> None:
    store = workspace.store
    for name in ("b", "a", "a"):
        create_model(store, {"name": name, "kvTags": {"verdict": "BLESSED", "by": "x"}, "runId": "gone"})
    store.put("service", "digits", SERVICE | {"models": [{"id": "a:1"}]})
    found = models(store)
    assert [(model.name, [version.version for version in model.versions]) for model in found] == [
        ("a", ["2", "1"]),
        ("b", ["1"]),
    ]
    newest, oldest = found[0].versions
    assert (newest.about, newest.tags) == ([Fact("verdict", "BLESSED")], [Fact("by", "x")])
    assert (newest.run, newest.services, oldest.services) == (None, [], ["digits"])


def test_service_without_the_ports_of_its_replicas(workspace: LocalWorkspace) -> None:
    replicas = [
        Replica(cast(Child, Process(running)), 54321, Path(f"replica-{index}-1.log"))
        for index, running in enumerate((True, False))
    ]
    service = service_of(workspace.store, SERVICE, replicas)
    assert [(row.name, row.status.word) for row in service.replicas] == [
        ("replica-0-1", "Ready"),
        ("replica-1-1", "Ended"),
    ]
    assert (service.ready, service.wanted) == (1, 2)
    assert "54321" not in repr(service)


def test_service_that_failed_says_why(workspace: LocalWorkspace) -> None:
    error = {"message": "Deployment failed", "details": [{"message": "its log ends: no weights"}]}
    assert (
        service_of(workspace.store, SERVICE | {"error": error}, []).error
        == "Deployment failed\nits log ends: no weights"
    )


def test_service_names_the_run_that_deployed_it(workspace: LocalWorkspace) -> None:
    create_run(workspace.store, "tests", "r1")
    service = service_of(workspace.store, SERVICE | {"kvTags": {"run_id": "r1", "before": "r0"}}, [])
    assert service.runs == [Fact("run_id", "r1", ("runs", "r1"))]
    assert (service.auth, service.swagger_uri) == ("key", "http://127.0.0.1:1/api/v1/service/digits/swagger.json")


def test_published_pipeline(workspace: LocalWorkspace, pipeline: Document) -> None:
    found = published(workspace.store, "p")
    assert (found.name, found.parameters, found.experiment) == ("nightly", {"n": "5", "name": "digits"}, "nightly")
    assert all_published(workspace.store) == [found]


def test_the_experiment_of_the_last_run_is_offered(
    workspace: LocalWorkspace, pipeline: Document, submit: Submit
) -> None:
    run = submit(["train"])
    workspace.store.put("pipeline run", run["Id"], run | {"PipelineId": "p"})
    assert published(workspace.store, "p").experiment == "tests"


def test_endpoint(workspace: LocalWorkspace, pipeline: Document) -> None:
    versions = [{"Version": str(number), "PipelineId": "p"} for number in range(3)]
    document = {"Id": "e", "Name": "release", "Description": "d", "EntityStatus": "Active", "DefaultVersion": "1"}
    workspace.store.put("pipeline endpoint", "e", document | {"PipelineVersionList": versions})
    found = endpoint(workspace.store, "e")
    assert [(version.number, version.is_default) for version in found.versions] == [
        ("2", False),
        ("1", True),
        ("0", False),
    ]
    assert (found.default, found.chosen) == ("1", found.versions[1])
    assert endpoint(workspace.store, "e", "2").chosen == found.versions[0]
    assert all_endpoints(workspace.store) == [found]
    with pytest.raises(NotFound, match="has no version 9"):
        endpoint(workspace.store, "e", "9")


def test_endpoint_whose_default_is_not_there_is_shown_with_the_others(
    workspace: LocalWorkspace, pipeline: Document
) -> None:
    document = {"Id": "e", "Name": "release", "Description": "d", "EntityStatus": "Active", "DefaultVersion": "7"}
    versions = [{"Version": "0", "PipelineId": "p"}, {"Version": "7", "PipelineId": "gone"}]
    workspace.store.put("pipeline endpoint", "e", document | {"PipelineVersionList": versions})
    (found,) = all_endpoints(workspace.store)
    assert ([version.number for version in found.versions], found.default, found.chosen) == (["0"], "7", None)
    assert endpoint(workspace.store, "e") == found


@pytest.mark.parametrize(
    ("recurrence", "expected"),
    [
        ({"Frequency": "Day", "Interval": 1}, "every Day"),
        ({"Frequency": "Hour", "Interval": 12, "Schedule": None}, "every 12 Hours"),
        (
            {"Frequency": "Week", "Interval": 2, "Schedule": {"WeekDays": ["Monday"], "Hours": [4], "Minutes": [30]}},
            "every 2 Weeks on Monday at 04:30 UTC",
        ),
        (
            {"Frequency": "Day", "TimeZone": "W. Europe", "Schedule": {"Hours": [4, 16], "Minutes": None}},
            "every Day at 04:00, 16:00 W. Europe",
        ),
    ],
)
def test_when(recurrence: Document, expected: str) -> None:
    assert when({"Recurrence": recurrence}) == expected


def test_when_of_a_schedule_that_polls() -> None:
    poll = {"Recurrence": None, "DataStoreTriggerInfo": {"PathOnDataStore": "images/"}}
    assert when(poll) == "when blobs in 'images/' of the datastore change"


def test_schedule(workspace: LocalWorkspace, pipeline: Document, submit: Submit) -> None:
    run = submit(["train"])
    workspace.store.put("pipeline run", run["Id"], run | {"ScheduleId": "s"})
    document: Document = {"Id": "s", "Name": "nightly", "EntityStatus": "Disabled", "PipelineId": "p"}
    document |= {"Recurrence": {"Frequency": "Day"}, "PipelineSubmissionInfo": {"ExperimentName": "nights"}}
    workspace.store.put("schedule", "s", document)
    (found,) = schedules(workspace.store)
    assert (found.status.word, found.when, found.next) == ("Disabled", "every Day", "")
    assert (found.target, found.experiment) == (("pipelines/p", "nightly"), "nights")
    assert [row.id for row in found.runs] == [run["Id"]]
