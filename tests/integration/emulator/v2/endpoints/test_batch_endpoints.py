"""Batch endpoints of pipeline components through SDK v2, and by the documented calls of REST."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.integration.emulator.v2.jobs.jobs import Command, finish

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

Rest = Callable[..., requests.Response]
ENDPOINT = "v2-release"


@pytest.fixture(scope="module")
def endpoint(client: MLClient, command: Command) -> Any:
    """With a deployment `one` of a pipeline, which is its default."""
    from azure.ai.ml import Input, dsl
    from azure.ai.ml.entities import BatchEndpoint, PipelineComponentBatchDeployment

    made_of = command(
        "echo ${{inputs.say}} ${{inputs.times}} $[[and ${{inputs.more}}]]",
        inputs={
            "say": Input(type="string"),
            "times": Input(type="integer"),
            "more": Input(type="string", optional=True),
        },
        outputs={"out": {"type": "uri_folder"}},
    )

    def release(say: object, times: object = 2, more: object = None) -> dict[str, object]:
        step: Any = made_of(say=say, times=times, more=more)
        step.name = "step"
        return {"out": step.outputs.out}

    optional = Input(type="string", optional=True)
    release.__annotations__ = {"say": str, "times": int, "more": optional}  # the SDK wants types, not their names
    component = client.components.create_or_update(dsl.pipeline(None, name="v2_release")(release))
    sent: Any = BatchEndpoint(name=ENDPOINT, description="releases", tags={"a": "b"})
    made = client.batch_endpoints.begin_create_or_update(sent).result()
    assert (made.description, made.tags, made.defaults.deployment_name) == ("releases", {"a": "b"}, None)
    deployment = PipelineComponentBatchDeployment(
        name="one",
        endpoint_name=ENDPOINT,
        component=component,
        settings={"default_compute": "v2-jobs", "continue_on_step_failure": "False"},
    )
    deployed = client.batch_deployments.begin_create_or_update(deployment).result()
    assert (deployed.name, deployed.component, deployed.endpoint_name) == ("one", component.id, ENDPOINT)
    made = client.batch_endpoints.get(ENDPOINT)
    made.defaults.deployment_name = "one"
    return client.batch_endpoints.begin_create_or_update(made).result()


def test_it_is_invoked_through_the_sdk(client: MLClient, endpoint: Any) -> None:
    from azure.ai.ml import Input

    assert endpoint.defaults.deployment_name == "one"
    said = Input(type="string", default="hello")
    invoked = client.batch_endpoints.invoke(ENDPOINT, inputs={"say": said}, experiment_name="v2-releases")
    job: Any = finish(client, client.jobs.get(invoked.name))
    assert (job.status, job.experiment_name, list(job.jobs)) == ("Completed", "v2-releases", ["step"])
    assert {name: one.value if hasattr(one, "value") else one for name, one in _values(job).items()} == {
        "say": "hello",
        "times": "2",
    }
    by_name = client.batch_endpoints.invoke(ENDPOINT, deployment_name="one", inputs={"say": said}, job_name="v2-named")
    assert by_name.name == "v2-named"
    finish(client, client.jobs.get("v2-named"))
    assert {invoked.name, "v2-named"} <= {one.name for one in client.batch_endpoints.list_jobs(ENDPOINT)}
    assert "v2-named" in [one.name for one in client.batch_deployments.list_jobs(ENDPOINT, name="one")]
    assert ENDPOINT in [one.name for one in client.batch_endpoints.list()]
    assert [one.name for one in client.batch_deployments.list(ENDPOINT)] == ["one"]
    assert client.batch_deployments.get("one", ENDPOINT).name == "one"


def _values(job: Any) -> dict[str, Any]:
    return {name: getattr(one, "_data", one) for name, one in job.inputs.items()}


@pytest.fixture(scope="module")
def send(client: MLClient, endpoint: Any, emulator: Any) -> Callable[..., requests.Response]:
    """By REST, with a token for Azure ML, as the documentation has it."""
    token = client._credential.get_token("https://ml.azure.com/.default").token
    uri = endpoint.scoring_uri.replace(emulator.address["tls"], emulator.http)

    def post(body: object, **headers: str) -> requests.Response:
        return requests.post(uri, json=body, headers={"Authorization": f"Bearer {token}"} | headers, timeout=30)

    return post


def test_it_is_invoked_by_rest(client: MLClient, send: Callable[..., requests.Response], rest: Rest) -> None:
    inputs = {"say": {"JobInputType": "Literal", "Value": "rest"}, "more": {"JobInputType": "Literal", "Value": "x"}}
    outputs = {"out": {"JobOutputType": "UriFolder", "Uri": "azureml://datastores/workspaceblobstore/paths/v2-out/"}}
    again = {"repeatability_request-id": str(uuid.uuid4())}
    body = {"Properties": {"InputData": inputs, "OutputData": outputs}}
    first, second = send(body, **again), send(body, **again)
    assert (first.status_code, first.json()["name"]) == (201, second.json()["name"]), first.text
    job: Any = finish(client, client.jobs.get(first.json()["name"]))
    assert (job.status, job.experiment_name) == ("Completed", ENDPOINT)
    held = rest("GET", "", f"/jobs/{job.name}").json()["properties"]
    assert held["inputs"]["say"] == {"jobInputType": "literal", "value": "rest"}
    assert held["outputs"]["out"]["jobOutputType"] == "uri_folder"
    assert held["properties"]["azureml.deploymentname"] == "one"


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({}, "inputData lacks 'say'"),
        ({"inputData": {"nothing": {"value": "x"}}}, "has no input 'nothing'; it has say, times, more"),
        ({"inputData": {"say": {"jobInputType": "Song", "value": "x"}}}, "jobInputType 'Song' is none of Literal"),
        ({"inputData": {"say": {"jobInputType": "UriFolder"}}}, "inputs.say lacks 'uri'"),
        ({"inputData": {"say": "x"}}, "properties.inputData.say must be an object"),
        ({"inputData": {"say": {"value": "x"}}, "outputData": {"in": {"uri": "x"}}}, "is none of Literal"),
        ({"miniBatchSize": 5}, "'miniBatchSize' of an invocation"),
        ({"inputData": {"say": {"value": "x"}}, "name": "../x"}, "properties.name must be the name of a file"),
    ],
)
def test_invocations_that_are_refused(
    send: Callable[..., requests.Response], properties: dict[str, object], said: str
) -> None:
    answer = send({"properties": properties})
    assert answer.status_code == 400, answer.text
    assert said in answer.json()["error"]["message"]


def test_a_deployment_that_is_not_there(send: Callable[..., requests.Response]) -> None:
    answer = send({"properties": {}}, **{"azureml-model-deployment": "green"})
    assert (answer.status_code, "has no deployment 'green'" in answer.text) == (404, True)


def test_the_default_stays_until_another_is_one(client: MLClient, endpoint: Any, rest: Rest) -> None:
    from azure.core.exceptions import ResourceExistsError

    with pytest.raises(ResourceExistsError, match="is the default of 'v2-release'"):
        client.batch_deployments.begin_delete("one", ENDPOINT).wait()
    properties = {"authMode": "AADToken", "defaults": {"deploymentName": "nobody"}}
    answer = rest("PUT", "", f"/batchEndpoints/{ENDPOINT}", json={"properties": properties})
    assert "has no deployment 'nobody'" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"deploymentConfiguration": None}, "batch deployments of the kind 'Model': deploy a pipeline component"),
        ({"deploymentConfiguration": {"deploymentConfigurationType": "Model"}}, "of the kind 'Model'"),
        ({"miniBatchSize": 100}, "miniBatchSize of a batch deployment"),
        ({"environmentId": "x"}, "'environmentId' of batch deployments"),
    ],
)
def test_deployments_that_are_refused(endpoint: Any, rest: Rest, change: dict[str, object], said: str) -> None:
    path = f"/batchEndpoints/{ENDPOINT}/deployments"
    known = rest("GET", "", f"{path}/one").json()
    answer = rest("PUT", "", f"{path}/refused", json={"properties": known["properties"] | change})
    assert (answer.status_code, said in answer.text) == (400, True), answer.text
    assert rest("GET", "", f"{path}/refused").status_code == 404


@pytest.mark.parametrize(
    ("configuration", "said"),
    [
        ({"componentId": {"referenceType": "Id", "assetId": "azureml:nobody:1"}}, "nobody"),
        ({"componentId": {"referenceType": "DataPath", "assetId": "x"}}, "must be of the referenceType Id"),
        ({"settings": {"color": "red"}}, "'color' of deploymentConfiguration.settings"),
    ],
)
def test_components_that_are_refused(endpoint: Any, rest: Rest, configuration: dict[str, object], said: str) -> None:
    path = f"/batchEndpoints/{ENDPOINT}/deployments"
    known = rest("GET", "", f"{path}/one").json()["properties"]
    known["deploymentConfiguration"] |= configuration
    answer = rest("PUT", "", f"{path}/refused", json={"properties": known})
    assert (answer.status_code, said in answer.text) == (400, True), answer.text


def test_endpoints_that_are_refused(rest: Rest) -> None:
    for name, properties, said in (
        ("9", {"authMode": "AADToken"}, "'9' is no name for batch endpoints"),
        ("v2-keys", {"authMode": "Key"}, "they take AADToken"),
        ("v2-keys", {"authMode": "AADToken", "keys": {}}, "'keys' of batch endpoints"),
        ("v2-keys", {}, "lacks 'authMode'"),
    ):
        answer = rest("PUT", "", f"/batchEndpoints/{name}", json={"properties": properties})
        assert (answer.status_code, said in answer.text) == (400, True), answer.text
    assert "batch endpoints have no keys" in rest("POST", "", f"/batchEndpoints/{ENDPOINT}/listkeys").text


def test_it_is_deleted_with_its_deployments(client: MLClient, endpoint: Any, rest: Rest) -> None:
    from azure.ai.ml.entities import BatchEndpoint
    from azure.core.exceptions import ResourceNotFoundError

    path, body = "/batchEndpoints/v2-short", {"properties": {"authMode": "aadToken"}}
    client.batch_endpoints.begin_create_or_update(BatchEndpoint(name="v2-short")).result()
    known = rest("GET", "", f"/batchEndpoints/{ENDPOINT}/deployments/one").json()["properties"]
    for name in ("one", "two"):
        assert rest("PUT", "", f"{path}/deployments/{name}", json={"properties": known}).status_code == 201
    client.batch_deployments.begin_delete("two", "v2-short").result()
    assert [one.name for one in client.batch_deployments.list("v2-short")] == ["one"]
    client.batch_endpoints.begin_delete("v2-short").result()
    with pytest.raises(ResourceNotFoundError, match="v2-short"):
        client.batch_endpoints.get("v2-short")
    assert rest("PUT", "", path, json=body).status_code == 201
    assert rest("GET", "", f"{path}/deployments").json()["value"] == []
