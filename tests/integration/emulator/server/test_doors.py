"""What was accepted, and broke later answers, or was answered by a fault: refused at the door, by its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.integration.emulator.waiting import Emulator

if TYPE_CHECKING:
    from azureml.pipeline.core import PublishedPipeline

Rest = Callable[..., requests.Response]
MODELS, PIPELINES, HISTORY = "/modelmanagement/v1.0", "/pipelines/v1.0", "/history/v1.0"
ASSET = {"url": "aml://asset/none", "mimeType": "application/json"}
SERVICE: dict[str, Any] = {
    "name": "at-the-door",
    "computeType": "ACI",
    "environmentImageRequest": {"environment": {"name": "e"}, "modelIds": [], "assets": []},
}


def message(answer: requests.Response) -> str:
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"]["message"])


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"keys": {"primaryKey": 5}}, "keys.primaryKey must be a text, not 5"),
        ({"maxQueueWaitMs": "x"}, "maxQueueWaitMs must be a number, not 'x'"),
        ({"maxQueueWaitMs": -1}, "maxQueueWaitMs must be at least 0, not -1"),
        ({"scoringTimeoutMs": True}, "scoringTimeoutMs must be a number, not True"),
        ({"kvTags": 5}, "kvTags must be an object, not 5"),
        ({"kvTags": {"a": ["x"]}}, "kvTags.a must be a text, a number, true or false"),
        ({"numReplicas": 10**9}, "numReplicas must be at most 1000"),
        ({"containerResourceRequirements": {"gpu": 0.5}}, "containerResourceRequirements.gpu must be a whole number"),
        (
            {"livenessProbeRequirements": {"periodSeconds": "x"}},
            "livenessProbeRequirements.periodSeconds must be a num",
        ),
        ({"environmentImageRequest": {"modelIds": [5]}}, "environmentImageRequest.modelIds[0] must be a text"),
        (
            {"environmentImageRequest": {"environment": {"environmentVariables": {"A=B": "c"}}}},
            "must be the name of an environment variable",
        ),
        (
            {"environmentImageRequest": {"environment": {"python": {"condaDependencies": {"dependencies": [5]}}}}},
            "environmentImageRequest.environment.python.condaDependencies.dependencies[0] must be a text, or",
        ),
    ],
)
def test_a_service_that_could_not_run(rest: Rest, changes: dict[str, Any], named: str) -> None:
    assert named in message(rest("POST", MODELS, "/services", json=SERVICE | changes))
    assert rest("GET", MODELS, "/services/at-the-door").status_code == 404
    assert rest("GET", MODELS, "/services").status_code == 200


@pytest.mark.parametrize(
    ("method", "service", "path"),
    [
        ("GET", MODELS, "/models?count=x"),
        ("GET", MODELS, "/models?count=0"),
        ("GET", MODELS, "/models?$skipToken=-1"),
        ("GET", HISTORY, "/computes/steps/runs?$top=x"),
        ("GET", HISTORY, "/computes/steps/runs?$continuationToken=²"),
        ("GET", HISTORY, f"/computes/steps/runs?$filter={'(' * 400}Status eq Queued{')' * 400}"),
        ("GET", HISTORY, f"/computes/{'x' * 300}/runs"),
        ("POST", HISTORY, "/experiments/a%00b"),
        ("PUT", "/environment/v1.0", f"/environments/{'ä' * 200}"),
    ],
)
def test_a_query_or_name_that_cannot_be(rest: Rest, method: str, service: str, path: str) -> None:
    message(rest(method, service, path))


def test_a_header_that_is_no_number(emulator: Emulator, bearer: dict[str, str]) -> None:
    url = f"{emulator.http}{PIPELINES}{emulator.scope}/PipelineEndpoints"
    answer = requests.get(url, headers=bearer | {"BatchSize": "\xb2"}, timeout=30)
    assert "BatchSize must be a whole number from 0 to 1000000000" in message(answer)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"startTimeUtc": "soon"}, "startTimeUtc must be a time as"),
        ({"endTimeUtc": "0001-01-01T00:00:00+14:00"}, "endTimeUtc must be a time as"),
        ({"runTypeV2": {"traits": "x"}}, "runTypeV2.traits must be a list"),
        ({"dataContainerId": "../../x"}, "dataContainerId must be the name of a file or folder"),
        ({"parentRunId": "looped"}, "run 'looped' cannot be below itself"),
    ],
)
def test_a_run_that_no_query_could_show(rest: Rest, changes: dict[str, Any], named: str) -> None:
    assert named in message(rest("PATCH", HISTORY, "/experiments/doors/runs/looped", json=changes))


def test_runs_below_each_other(rest: Rest) -> None:
    """Whoever looked for the runs below them, as every start does, would never end."""
    path = "/experiments/doors/runs"
    for run, parent in (("above", None), ("middle", "above"), ("below", "middle")):
        assert rest("PATCH", HISTORY, f"{path}/{run}", json={"parentRunId": parent}).status_code == 200
    assert "run 'above' cannot be below itself" in message(
        rest("PATCH", HISTORY, f"{path}/above", json={"parentRunId": "below"})
    )


def test_a_query_by_what_only_runs_have(rest: Rest) -> None:
    for asked in ("properties/x eq 'y'", "runTypeV2/orchestrator eq 'y'", "runTypeV2/traits/x eq 'y'"):
        answer = rest("POST", HISTORY, "/experiments:query", json={"filter": asked})
        assert answer.json()["value"] == []


def test_events_are_all_there_or_none(rest: Rest) -> None:
    path = "/experiments/doors"
    rest("PATCH", HISTORY, f"{path}/runs/eventful", json={"tags": {}})
    good, bad = ({"name": "Start", "data": {"RunId": run}} for run in ("eventful", "gone"))
    assert rest("POST", HISTORY, f"{path}/batch/events", json={"events": [good, bad]}).status_code == 404
    assert rest("GET", HISTORY, "/runs/eventful").json()["status"] == "NotStarted"
    wrong = good | {"data": {"RunId": "eventful", "StartTime": "soon"}}
    assert "data.starttime must be a time" in message(rest("POST", HISTORY, f"{path}/runs/eventful/events", json=wrong))


def test_a_patch_that_takes_away_what_lists_read(rest: Rest) -> None:
    model = rest("POST", MODELS, "/models", json={"name": "patched", "kvTags": {"a": "b"}} | ASSET).json()
    for op, key in (("remove", "kvTags"), ("replace", "properties")):
        patch = {"op": op, "path": f"/{key}", "value": None}
        assert rest("PATCH", MODELS, f"/models/{model['id']}", json=[patch]).json()[key] == {}
    found = rest("GET", MODELS, "/models?name=patched&tags=a&properties=b")
    assert found.json()["value"] == []
    odd = {"op": "add", "path": "/kvTags/x", "value": {"y": 1}}
    assert "the model.kvTags.x must be" in message(rest("PATCH", MODELS, f"/models/{model['id']}", json=[odd]))


def test_a_snapshot_of_what_was_never_uploaded(rest: Rest) -> None:
    nodes = [{"FullName": "a.py", "BlobUri": "https://127.0.0.1/azureml/snapshots/none/a.py"}]
    tree = {"children": {"a.py": {"type": "File"}}}
    body = {"FileRevisionList": {"FileNodes": nodes}, "DirTreeNode": tree}
    assert "lacks a.py: it was not uploaded" in message(rest("POST", "/content/v2.0", "/snapshots/none", json=body))
    nodes[0]["BlobUri"] = "https://[x"
    assert "is no address" in message(rest("POST", "/content/v2.0", "/snapshots/none", json=body))
    body["DirTreeNode"] = {"children": {"..": {"type": "File"}}}
    assert "DirTreeNode.children" in message(rest("POST", "/content/v2.0", "/snapshots/none", json=body))


def test_half_a_character_in_json_in_a_text(rest: Rest) -> None:
    sent = {"datasetType": "file", "dataflowJson": '{"meta": {"RsDataflow": "\\ud800"}}'}
    assert "half a character" in message(rest("POST", "/dataset/v1.0", "/saveddatasets", json=sent))
    sent["dataflowJson"] = '{"meta": {"RsDataflow": 5}}'
    assert "the dataflow.meta.RsDataflow must be a text" in message(
        rest("POST", "/dataset/v1.0", "/saveddatasets", json=sent)
    )


def test_a_compute_with_nodes_without_number(rest: Rest) -> None:
    scale = {"minNodeCount": 10**9, "maxNodeCount": 10**9}
    body = {"properties": {"computeType": "AmlCompute", "properties": {"scaleSettings": scale}}}
    named = "properties.properties.scaleSettings.minNodeCount must be at most 5000"
    assert named in message(rest("PUT", "", "/computes/endless", json=body))
    body["properties"]["properties"] = {"scaleSettings": {"maxNodeCount": 2}}
    assert rest("PUT", "", "/computes/endless", json=body).status_code == 201
    assert rest("POST", "", "/computes/endless/listNodes").json() == {"nodes": []}
    rest("DELETE", "", "/computes/endless")


@pytest.mark.parametrize(
    ("place", "value", "named"),
    [
        (("Edges",), [{"SourceOutputPort": {}}], "Graph.Edges[0]"),
        (("ModuleNodes", 0, "Id"), 5, "Graph.ModuleNodes[0].Id must be a text"),
        (("ModuleNodes", 0, "ModuleParameters"), ["x"], "Graph.ModuleNodes[0].ModuleParameters[0] must be an object"),
        (("ModuleNodes", 0, "Runconfig"), '{"nodeCount": "x"}', "ModuleNodes[0].Runconfig.nodeCount must be a number"),
        (
            ("ModuleNodes", 0, "Runconfig"),
            '{"arguments": [{}]}',
            "ModuleNodes[0].Runconfig.arguments[0] must be a text",
        ),
        (("DatasetNodes",), [{"Id": "x", "DatasetId": []}], "Graph.DatasetNodes[0].DatasetId must be a text"),
    ],
)
def test_a_graph_that_could_not_run(
    rest: Rest, publish: Callable[[str], PublishedPipeline], place: tuple[Any, ...], value: Any, named: str
) -> None:
    published = rest("GET", PIPELINES, f"/Pipelines/{publish('doors').id}").json()
    graph = rest("GET", PIPELINES, f"/Graphs/{published['GraphId']}").json()
    node = graph
    for step in place[:-1]:
        node = node[step]
    node[place[-1]] = value
    answer = rest("POST", PIPELINES, "/Pipelines/Create", json={"Name": "odd", "Graph": graph})
    assert named in message(answer)


def test_a_graph_keeps_what_has_its_id(rest: Rest, publish: Callable[[str], PublishedPipeline]) -> None:
    """The pipelines and runs that are of it would else be of another."""
    published = rest("GET", PIPELINES, f"/Pipelines/{publish('doors').id}").json()
    graph = rest("GET", PIPELINES, f"/Graphs/{published['GraphId']}").json()
    other = graph | {"ModuleNodes": [graph["ModuleNodes"][0] | {"Id": "another"}]}
    rest("POST", PIPELINES, "/Pipelines/Create", json={"Name": "other", "Graph": other})
    assert rest("GET", PIPELINES, f"/Graphs/{published['GraphId']}").json() == graph


def test_a_module_that_is_no_version_of_one(rest: Rest) -> None:
    sent = {"Name": "plain", "StructuredInterface": {}, "StorageId": "x"}
    module = rest("POST", PIPELINES, "/Modules", json=sent).json()["Id"]
    answer = rest("GET", PIPELINES, f"/AzureMLModuleVersions/{module}")
    assert (answer.status_code, answer.json()["ModuleId"]) == (200, None)
    nowhere = {"Name": "plain", "StructuredInterface": {}}
    assert "the request lacks 'StorageId'" in message(rest("POST", PIPELINES, "/Modules", json=nowhere))
    wrong = sent | {"StructuredInterface": {"Arguments": ["x"]}}
    assert "StructuredInterface.Arguments[0] must be an object" in message(
        rest("POST", PIPELINES, "/Modules", json=wrong)
    )


def test_all_that_is_wrong_is_said_at_once(rest: Rest) -> None:
    answer = rest("POST", MODELS, "/models", json={"kvTags": 5, "url": 5})
    assert message(answer) == ("the request lacks 'name'; url must be a text, not 5; kvTags must be an object, not 5")
