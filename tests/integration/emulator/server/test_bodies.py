"""Bodies that the SDK never sends: refused as they come in, before anything of them is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests

from azureml_emulator.server.requests.body import LIMIT

if TYPE_CHECKING:
    from azureml.core import Experiment
    from azureml.pipeline.core import PublishedPipeline

Rest = Callable[..., requests.Response]

ASSET = {"url": "aml://asset/none", "mimeType": "application/json"}
UNREADABLE = {
    "half a character": (b'{"tags": {"name": "\\ud800"}}', "half a character, '\\ud800'"),
    "half a character in UTF-8": (b'{"tags": {"name": "\xed\xa0\x80"}}', "not UTF-8"),
    "a number of 5000 digits": (b'{"tags": {"n": ' + b"9" * 5000 + b"}}", "a number that cannot be kept"),
    "infinity": (b'{"tags": {"n": 1e999}}', "a number that cannot be kept"),
    "NaN": (b'{"tags": {"n": NaN}}', "a number that cannot be kept"),
    "nesting without end": (b"[" * 100_000 + b"]" * 100_000, "too deeply"),
    "nesting that an answer could not hold": (b'{"tags": ' + b"[" * 900 + b"]" * 900 + b"}", "too deeply"),
    "no JSON": (b"{", "the body is not JSON"),
}


def message(answer: requests.Response) -> str:
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"]["message"])


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_body_that_no_answer_could_hold(rest: Rest, kind: str) -> None:
    body, expected = UNREADABLE[kind]
    path = "/experiments/bodies/runs/unreadable"
    assert expected in message(rest("PATCH", "/history/v1.0", path, data=body))
    assert rest("GET", "/history/v1.0", "/runs/unreadable").status_code == 404


def test_a_body_that_is_too_long(rest: Rest) -> None:
    too_long = b'"' + b"x" * LIMIT + b'"'
    answer = rest("PATCH", "/history/v1.0", "/experiments/bodies/runs/unreadable", data=too_long)
    assert f"the body has {LIMIT + 2} bytes" in message(answer)


def test_json_in_a_text_of_a_body(rest: Rest, publish: Callable[[str], PublishedPipeline]) -> None:
    published = rest("GET", "/pipelines/v1.0", f"/Pipelines/{publish('shapes').id}").json()
    graph = rest("GET", "/pipelines/v1.0", f"/Graphs/{published['GraphId']}").json()
    for odd, named in (("{", "is not JSON"), ("[" * 100_000, "too deeply"), ("5", "must be an object")):
        graph["ModuleNodes"][0]["Runconfig"] = odd
        answer = rest("POST", "/pipelines/v1.0", "/Pipelines/Create", json={"Name": "odd", "Graph": graph})
        assert named in message(answer)


@pytest.mark.parametrize(
    ("method", "service", "path"),
    [
        ("POST", "/modelmanagement/v1.0", "/models"),
        ("POST", "/modelmanagement/v1.0", "/services"),
        ("PUT", "/environment/v1.0", "/environments/odd"),
        ("PUT", "/credential/v2.0", "/secrets"),
        ("POST", "/datastore/v1.0", "/datastores"),
        ("POST", "/dataset/v1.0", "/saveddatasets"),
        ("POST", "/content/v2.0", "/snapshots/getblob"),
        ("POST", "/content/v2.0", "/snapshots/odd"),
        ("POST", "/execution/v1.0", "/experiments/odd/snapshotrun"),
        ("POST", "/metric/v2.0", "/runs/odd/batch"),
        ("POST", "/artifact/v2.0", "/artifacts/batch/metadata/ExperimentRun/odd"),
        ("POST", "/pipelines/v1.0", "/Modules"),
        ("POST", "/pipelines/v1.0", "/Pipelines/Create"),
        ("POST", "/pipelines/v1.0", "/PipelineEndpoints/Create"),
        ("POST", "/pipelines/v1.0", "/Schedules/Create"),
        ("POST", "/pipelines/v1.0", "/PipelineRuns/Unsubmitted/CreationInfoWithGraph"),
        ("PATCH", "/history/v1.0", "/experiments/odd/runs/odd"),
        ("PUT", "", "/computes/odd"),
    ],
)
def test_a_body_that_is_no_object(rest: Rest, method: str, service: str, path: str) -> None:
    assert "must be an object, not ['x']" in message(rest(method, service, path, json=["x"]))


def test_characters_of_two_halves(rest: Rest, experiment: Experiment) -> None:
    body = b'{"tags": {"face": "\\ud83d\\ude00"}}'
    answer = rest("PATCH", "/history/v1.0", f"/experiments/{experiment.name}/runs/whole", data=body)
    assert answer.json()["tags"] == {"face": "😀"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"tags": ["x"]}, "tags must be an object"),
        ({"tags": {"x": {"y": 1}}}, "tags.x must be a text"),
        ({"properties": "x"}, "properties must be an object"),
        ({"properties": {"x": 5}}, "properties.x must be a text"),
        ({"inputDatasets": {"x": 1}}, "inputDatasets must be a list"),
        ({"status": 5}, "status must be a text"),
        ({"hidden": "yes"}, "hidden must be true or false"),
        ({"runTypeV2": []}, "runTypeV2 must be an object"),
        ({"colour": "blue"}, "a run has no colour"),
        ({"experimentId": "x"}, "a run has no experimentId"),
    ],
)
def test_a_change_of_a_run_of_the_wrong_shape(
    rest: Rest, experiment: Experiment, changes: dict[str, Any], named: str
) -> None:
    path = f"/experiments/{experiment.name}"
    assert named in message(rest("PATCH", "/history/v1.0", f"{path}/runs/shape", json=changes))
    batch = {"runs": [{"runId": "shape"} | changes]}
    assert named in message(rest("PATCH", "/history/v1.0", f"{path}/batch/runs", json=batch))
    assert rest("GET", "/history/v1.0", "/runs/shape").status_code == 404


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (["x"], "the body must be an object"),
        ({"ExperimentName": 5}, "ExperimentName must be a text"),
        ({"ParameterAssignments": ["x"]}, "ParameterAssignments must be an object"),
        ({"DataPathAssignments": "x"}, "DataPathAssignments must be an object"),
        ({"Properties": ["x"]}, "Properties must be an object"),
        ({"Properties": {"x": []}}, "Properties.x must be a text"),
        ({"tags": ["x"]}, "tags must be an object"),
        ({"tags": {"x": 5}}, "tags.x must be a text"),
        ({"Description": ["x"]}, "Description must be a text"),
    ],
)
def test_a_submission_of_the_wrong_shape(
    rest: Rest, publish: Callable[[str], PublishedPipeline], body: Any, named: str
) -> None:
    pipeline = publish("shapes")
    if isinstance(body, dict):
        body = {"ExperimentName": "shapes"} | body
    answer = rest("POST", "/pipelines/v1.0", f"/PipelineRuns/PipelineSubmit/{pipeline.id}", json=body)
    assert named in message(answer)
    assert rest("GET", "/pipelines/v1.0", f"/PipelineRuns/Pipeline/{pipeline.id}").json() == []


@pytest.mark.parametrize(
    ("changes", "status", "named"),
    [
        ({"DefaultVersion": "7"}, 400, "has no version 7"),
        ({"DefaultVersion": 0}, 400, "DefaultVersion must be a text"),
        ({"PipelineVersionList": []}, 400, "has no version 0"),
        ({"PipelineVersionList": ["x"]}, 400, "PipelineVersionList[0] must be an object"),
        ({"PipelineVersionList": [{"Version": "0", "PipelineId": "gone"}]}, 404, "pipeline 'gone' not found"),
        ({"PipelineVersionList": [{"Version": "0"}]}, 400, "the request lacks 'PipelineId'"),
        ({"Name": ["x"]}, 400, "Name must be a text"),
    ],
)
def test_an_endpoint_that_could_start_nothing(
    rest: Rest, publish: Callable[[str], PublishedPipeline], changes: dict[str, Any], status: int, named: str
) -> None:
    sent = {"Name": f"shapes of {named}", "PipelineId": publish("shapes").id}
    endpoint = rest("POST", "/pipelines/v1.0", "/PipelineEndpoints/Create", json=sent).json()
    answer = rest("PUT", "/pipelines/v1.0", f"/PipelineEndpoints/{endpoint['Id']}", json=endpoint | changes)
    assert answer.status_code == status
    assert named in answer.json()["error"]["message"]
    assert rest("GET", "/pipelines/v1.0", f"/PipelineEndpoints/Id/{endpoint['Id']}").json() == endpoint


def test_an_endpoint_never_takes_the_name_of_another(rest: Rest, publish: Callable[[str], PublishedPipeline]) -> None:
    create = {"PipelineId": publish("shapes").id}
    one, _ = (
        rest("POST", "/pipelines/v1.0", "/PipelineEndpoints/Create", json=create | {"Name": name}).json()
        for name in ("the first of two", "the second of two")
    )
    changed = one | {"Name": "the second of two"}
    answer = rest("PUT", "/pipelines/v1.0", f"/PipelineEndpoints/{one['Id']}", json=changed)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "Conflict")


@pytest.mark.parametrize(
    ("patch", "named"),
    [
        ({"op": "replace", "path": "/id", "value": "x"}, "the id of a model never changes"),
        ({"op": "remove", "path": "/version"}, "the version of a model never changes"),
        ({"op": "replace", "path": "/kvTags", "value": ["x"]}, "kvTags must be an object"),
        ("x", "the body[0] must be an object"),
    ],
)
def test_a_patch_of_a_model_of_the_wrong_shape(rest: Rest, patch: Any, named: str) -> None:
    model = rest("POST", "/modelmanagement/v1.0", "/models", json={"name": "shapes"} | ASSET).json()
    assert named in message(rest("PATCH", "/modelmanagement/v1.0", f"/models/{model['id']}", json=[patch]))
    assert rest("GET", "/modelmanagement/v1.0", f"/models/{model['id']}").json() == model


@pytest.mark.parametrize(
    ("model", "named"),
    [
        ({"name": 5}, "name must be a text"),
        ({"name": "shapes", "kvTags": "x"}, "kvTags must be an object"),
        ({"name": "shapes", "properties": ["x"]}, "properties must be an object"),
    ],
)
def test_a_model_of_the_wrong_shape(rest: Rest, model: dict[str, Any], named: str) -> None:
    assert named in message(rest("POST", "/modelmanagement/v1.0", "/models", json=model))


@pytest.mark.parametrize(
    ("method", "service", "path", "body", "named"),
    [
        (
            "POST",
            "/artifact/v2.0",
            "/artifacts/batch/metadata/a/b",
            {"paths": ["x"]},
            "paths[0] must be an object",
        ),
        ("PUT", "", "/computes/odd", {"properties": 5}, "properties must be an object"),
        ("POST", "/datastore/v1.0", "/datastores", {"name": 5}, "name must be a text"),
        ("POST", "/dataset/v1.0", "/datasets", {"name": "x", "latest": 5}, "latest must be an object"),
        ("PUT", "/credential/v2.0", "/secrets:putbatch", {"secrets": ["x"]}, "secrets[0] must be an object"),
        ("POST", "/credential/v2.0", "/secrets:getbatch", {"secrets": 5}, "secrets must be a list"),
        ("POST", "/content/v2.0", "/snapshots/getblob", {"FileNames": [5]}, "FileNames[0] must be a text"),
        ("POST", "/content/v2.0", "/snapshots/odd", {"FileRevisionList": 5}, "FileRevisionList must be an object"),
        ("POST", "/pipelines/v1.0", "/DataTypes", {"Name": ["x"]}, "Name must be a text"),
        ("POST", "/pipelines/v1.0", "/AzureMLModuleVersions", {"AmlModuleId": []}, "AmlModuleId must be a text"),
        ("POST", "/pipelines/v1.0", "/DataSources", {"DataStoreName": 5}, "DataStoreName must be a text"),
        ("POST", "/modelmanagement/v1.0", "/services", {"name": 5}, "name must be a text"),
    ],
)
def test_a_key_of_the_wrong_shape(rest: Rest, method: str, service: str, path: str, body: Any, named: str) -> None:
    assert named in message(rest(method, service, path, json=body))


@pytest.mark.parametrize(
    ("metric", "named"),
    [
        ("x", "values[0] must be an object"),
        ({"name": 5, "value": []}, "values[0].name must be a text"),
        ({"name": "loss", "value": 5}, "values[0].value must be a list"),
        ({"name": "loss", "value": [5]}, "values[0].value[0] must be an object"),
        ({"name": "loss", "value": [{"data": 5}]}, "values[0].value[0].data must be an object"),
        ({"name": "loss", "value": [{"metricId": 5, "data": {}}]}, "values[0].value[0].metricId must be a text"),
        ({"name": "loss", "columns": ["loss"], "value": []}, "values[0].columns must be an object"),
        (
            {"name": "loss", "columns": {"a": 5}, "value": []},
            "values[0].columns.a must be a text",
        ),
    ],
)
def test_a_metric_of_the_wrong_shape(rest: Rest, experiment: Experiment, metric: Any, named: str) -> None:
    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    run.log("accuracy", 0.5)
    run.flush()
    assert named in message(rest("POST", "/metric/v2.0", f"/runs/{run.id}/batch", json={"values": [metric]}))
    assert run.get_metrics() == {"accuracy": 0.5}
    run.complete()
