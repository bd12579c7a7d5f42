"""Deployments of online endpoints: how they are asked for, served, changed, and how they fail and end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.integration.emulator.client import in_background
from tests.integration.emulator.v2.endpoints.serving import Assets, Caller, assets, managed
from tests.integration.emulator.waiting import Emulator, until

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import ManagedOnlineDeployment

NAME = "od-all"
Deploy = Callable[..., "ManagedOnlineDeployment"]
Put = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def made_of(client: MLClient, tmp_path_factory: pytest.TempPathFactory) -> Assets:
    return assets(client, tmp_path_factory.mktemp("deployments"), "od")


@pytest.fixture(scope="module")
def endpoint(client: MLClient) -> Iterator[str]:
    from azure.ai.ml.entities import ManagedOnlineEndpoint

    client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=NAME)).result()
    yield NAME
    client.online_endpoints.begin_delete(NAME).result()


@pytest.fixture(scope="module")
def deploy(client: MLClient, endpoint: str, made_of: Assets) -> Deploy:
    def ask(name: str, colour: str = "", **options: Any) -> ManagedOnlineDeployment:
        asked = managed(endpoint, name, made_of, colour, **options)
        made: ManagedOnlineDeployment = client.online_deployments.begin_create_or_update(asked).result()
        return made

    return ask


@pytest.fixture(scope="module")
def blue(deploy: Deploy) -> ManagedOnlineDeployment:
    return deploy("blue", tags={"a": "b"}, description="the first", properties={"run": "r1"}, app_insights_enabled=True)


@pytest.fixture(scope="module")
def caller(client: MLClient, blue: ManagedOnlineDeployment) -> Caller:
    return Caller.of(client, NAME)


@pytest.fixture(scope="module")
def put(emulator: Emulator, bearer: dict[str, str], endpoint: str, made_of: Assets) -> Put:
    """Puts a deployment of the endpoint past the SDK, that would be good but for these properties."""

    def ask(name: str, properties: dict[str, Any], *, to: str = endpoint, **others: Any) -> requests.Response:
        code = {"codeId": made_of.code, "scoringScript": "score.py"}
        good = {"endpointComputeType": "Managed", "instanceType": "Standard_DS3_v2", "codeConfiguration": code}
        good |= {"environmentId": made_of.environment, "environmentVariables": {"COLOUR": name}}
        url = f"{emulator.http}{emulator.scope}/onlineEndpoints/{to}/deployments/{name}"
        return requests.put(url, json={"properties": good | properties, **others}, headers=bearer, timeout=10)

    return ask


def test_is_found_as_it_was_sent(client: MLClient, blue: ManagedOnlineDeployment, made_of: Assets) -> None:
    found = client.online_deployments.get("blue", NAME)
    assert (found.name, found.endpoint_name, found.description, found.tags) == ("blue", NAME, "the first", {"a": "b"})
    assert (found.model, found.environment) == (made_of.model, made_of.environment)
    assert (found.code_configuration.code, found.code_configuration.scoring_script) == (made_of.code, "score.py")
    assert (found.instance_type, found.instance_count) == ("Standard_DS3_v2", 1)
    assert found.environment_variables == {"COLOUR": "blue"}
    assert found.request_settings.max_concurrent_requests_per_instance == 4
    assert found.request_settings.max_queue_wait_ms == 10000
    assert found.scale_settings.type == "default"
    assert found.provisioning_state == "Succeeded"
    assert found.properties["run"] == "r1"
    assert "Application Insights" in found.properties["localWorkspaceAppInsights"]
    assert [one.name for one in client.online_deployments.list(NAME)] == ["blue"]


def test_serves_its_model_and_code(caller: Caller, client: MLClient) -> None:
    response = caller.post("blue")
    answer = response.json()
    assert response.headers["azureml-model-deployment"] == "blue"
    assert (answer["COLOUR"], answer["greeting"]) == ("blue", "hello")
    assert answer["folder"] == "azureml-models/od-model/1"
    assert answer["files"] == {"weights/weights.txt": "one"}
    assert answer["CUDA_VISIBLE_DEVICES"] == ""
    logs = client.online_deployments.get_logs("blue", NAME, lines=5000)
    assert "starts as blue" in logs
    assert "Application Insights is asked for" in logs
    assert len(client.online_deployments.get_logs("blue", NAME, lines=2).splitlines()) == 2
    swagger = requests.get(
        caller.uri.replace("/score", "/swagger.json"),
        headers={"Authorization": f"Bearer {caller.key}", "azureml-model-deployment": "blue"},
        timeout=10,
    )
    assert f"/api/v1/endpoint/{NAME}/score" in swagger.json()["paths"]


def test_a_model_that_fails_is_an_error_of_the_model(caller: Caller) -> None:
    response = caller.post("blue", fail=True)
    assert response.status_code == 424
    assert response.headers["ms-azureml-model-error-statuscode"] == "500"
    assert response.headers["ms-azureml-model-error-reason"] == "model_error"
    assert response.headers["azureml-model-deployment"] == "blue"


def test_limits_alone_change_without_a_restart(caller: Caller, deploy: Deploy, blue: ManagedOnlineDeployment) -> None:
    from azure.ai.ml.entities import OnlineRequestSettings

    before = caller.answer("blue")["pid"]
    tight = OnlineRequestSettings(request_timeout_ms=700, max_concurrent_requests_per_instance=1, max_queue_wait_ms=1)
    deploy("blue", request_settings=tight, tags={"c": "d"})
    assert caller.post("blue", sleep=1.5).status_code == 408

    def keep_busy(stop: threading.Event) -> None:
        while not stop.is_set():
            caller.post("blue", sleep=0.3)

    with in_background(keep_busy, 1):
        until(lambda: caller.post("blue").status_code == 429, "a request that is one too many")
    again = deploy("blue")
    assert again.tags == {}
    assert until(lambda: caller.answer("blue"), "a free replica")["pid"] == before


def test_a_number_of_instances_changes_without_a_restart(caller: Caller, deploy: Deploy, emulator: Emulator) -> None:
    before = caller.answer("blue")["pid"]
    assert deploy("blue", instance_count=2).instance_count == 2
    pids = {caller.answer("blue")["pid"] for _ in range(4)} | processes(caller, 2)
    assert before in pids
    assert len(pids) == 2
    assert deploy("blue", instance_count=1).instance_count == 1
    assert processes(caller, 2) < pids


def processes(caller: Caller, count: int) -> set[int]:
    """Those that answer requests at the same time."""
    found: set[int] = set()
    threads = [
        threading.Thread(target=lambda: found.add(caller.answer("blue", sleep=0.3)["pid"])) for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_an_update_without_a_failed_request(caller: Caller, deploy: Deploy) -> None:
    seen: list[tuple[int, str]] = []

    def ask(stop: threading.Event) -> None:
        while not stop.wait(0.01):
            response = caller.post("blue", sleep=0.02)
            seen.append((response.status_code, response.text))

    with in_background(ask, 3):
        deploy("blue", "azure")
    assert {status for status, _ in seen} == {200}, [one for one in seen if one[0] != 200]
    assert caller.answer("blue")["COLOUR"] == "azure"


def test_a_broken_update_leaves_what_answers(caller: Caller, deploy: Deploy, client: MLClient) -> None:
    before = caller.answer("blue")
    with pytest.raises(Exception, match="the weights are broken"):
        deploy("blue", "broken")
    found = client.online_deployments.get("blue", NAME)
    assert found.provisioning_state == "Failed"
    assert found.environment_variables == {"COLOUR": before["COLOUR"]}
    assert "the weights are broken" in client.online_deployments.get_logs("blue", NAME, lines=500)
    assert caller.answer("blue") == before
    assert deploy("blue").provisioning_state == "Succeeded"


def test_a_broken_deployment_says_why_and_can_be_mended(deploy: Deploy, client: MLClient, caller: Caller) -> None:
    from azure.ai.ml.entities import OnlineRequestSettings
    from azure.core.exceptions import HttpResponseError

    with pytest.raises(HttpResponseError, match="User container has crashed") as failed:
        deploy("red", "broken", request_settings=OnlineRequestSettings(max_queue_wait_ms=100))
    assert "did not become ready: RuntimeError: the weights are broken; its log ends" in failed.value.message
    assert client.online_deployments.get("red", NAME).provisioning_state == "Failed"
    assert "Traceback (most recent call last)" in client.online_deployments.get_logs("red", NAME, lines=500)
    assert caller.post("red").status_code == 429
    mended = deploy("red", instance_type="Standard_NC4as_T4_v3")
    assert mended.provisioning_state == "Succeeded"
    assert "GPU" in mended.properties["localWorkspaceGpu"]
    answers: list[requests.Response] = []
    slow = threading.Thread(target=lambda: answers.append(caller.post("red", sleep=1)))
    slow.start()
    until(lambda: not slow.is_alive() or in_flight(caller), "a request that is being answered")
    client.online_deployments.begin_delete("red", NAME).result()
    slow.join()
    assert [answer.status_code for answer in answers] == [200]
    assert caller.post("red").status_code == 404
    assert [one.name for one in client.online_deployments.list(NAME)] == ["blue"]
    client.online_deployments.begin_delete("red", NAME).result()


def in_flight(caller: Caller) -> bool:
    """Whether a request of one second has come as far as its replica: the next must wait for it."""
    return caller.post("red").elapsed.total_seconds() > 0.1


def test_a_replica_that_dies_comes_back(caller: Caller) -> None:
    before = caller.answer("blue")["pid"]
    assert caller.post("blue", die=True).status_code in (424, 429)
    until(lambda: caller.post("blue").status_code == 200, "another replica")
    assert caller.answer("blue")["pid"] != before


def test_busy(client: MLClient, made_of: Assets, caller: Caller) -> None:
    from azure.core.exceptions import ResourceExistsError

    first = client.online_deployments.begin_create_or_update(managed(NAME, "busy", made_of))
    actions: list[Callable[[], object]] = [
        lambda: client.online_deployments.begin_create_or_update(managed(NAME, "busy", made_of)),
        lambda: client.online_deployments.begin_delete("busy", NAME),
        lambda: client.online_endpoints.begin_delete(NAME),
    ]
    for action in actions:
        with pytest.raises(ResourceExistsError, match="has an operation in progress"):
            action()
    assert client.online_deployments.get("busy", NAME).provisioning_state == "Creating"
    first.result()
    client.online_deployments.begin_delete("busy", NAME).result()


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"endpointComputeType": "Kubernetes"}, "endpoint 'od-all' is Managed"),
        ({"endpointComputeType": "Other"}, "endpointComputeType must be"),
        ({"instanceType": None}, "needs an instanceType"),
        ({"instanceType": "Standard_NC6s_v3"}, "is retired"),
        ({"instanceType": "large"}, "is no size of virtual machines"),
        ({"codeConfiguration": None}, "without code_configuration"),
        ({"environmentId": None}, "needs an environment"),
        ({"environmentId": "azureml:none:1"}, "none"),
        ({"model": "azureml:none:1"}, "none"),
        ({"dataCollector": {"collections": {"x": {}}}}, "data collection"),
        ({"modelMountPath": "/x"}, "another place for models"),
        ({"egressPublicNetworkAccess": "Disabled"}, "'egressPublicNetworkAccess'"),
        ({"containerResourceRequirements": {"containerResourceRequests": {"cpu": "1"}}}, "containerResourceReq"),
        ({"requestSettings": {"requestTimeout": "5 s"}}, "requestTimeout must be a duration"),
        ({"requestSettings": {"requestTimeout": "PT181S"}}, "requestTimeout must be a duration from 0.001 to 180 s"),
        ({"requestSettings": {"requestTimeout": "PT0S"}}, "requestTimeout must be a duration"),
        ({"requestSettings": {"maxQueueWait": "-PT1S"}}, "maxQueueWait must be a duration"),
        ({"requestSettings": {"maxConcurrentRequestsPerInstance": 0}}, "at least 1"),
        ({"livenessProbe": {"period": "PT0S"}}, "livenessProbe.period must be a duration"),
        ({"readinessProbe": {"failureThreshold": 0}}, "at least 1"),
        ({"scaleSettings": {"scaleType": "TargetUtilization"}}, "Azure scales it by Azure Monitor"),
        ({"scaleSettings": {"scaleType": "Default", "minInstances": 2}}, "minInstances of scaleSettings"),
        ({"environmentVariables": {"A=B": "x"}}, "the name of an environment variable"),
        ({"region": "x"}, "'region' of a Managed deployment"),
        ({"requestSettings": {"maxRetries": 3}}, "'maxRetries' of requestSettings of a deployment"),
        ({"livenessProbe": {"path": "/"}}, "'path' of livenessProbe of a deployment"),
    ],
)
def test_what_no_deployment_may_be(put: Put, properties: dict[str, Any], reason: str) -> None:
    answer = put("wrong", properties)
    assert answer.status_code == 400, answer.text
    assert reason in answer.json()["error"]["message"]


def test_what_else_no_deployment_may_be(
    put: Put, made_of: Assets, emulator: Emulator, bearer: dict[str, str], blue: ManagedOnlineDeployment
) -> None:
    missing = {"codeConfiguration": {"codeId": made_of.code, "scoringScript": "other.py"}}
    assert "'other.py' is not in the code" in put("wrong", missing).json()["error"]["message"]
    absolute = {"codeConfiguration": {"codeId": made_of.code, "scoringScript": __file__}}
    assert "is not in the code" in put("wrong", absolute).json()["error"]["message"]
    outside = {"codeConfiguration": {"codeId": made_of.code, "scoringScript": "../score.py"}}
    assert "without '..'" in put("wrong", outside).json()["error"]["message"]
    assert "3 to 32 letters" in put("x", {}).json()["error"]["message"]
    assert "at least 1" in put("wrong", {}, sku={"name": "Default", "capacity": 0}).json()["error"]["message"]
    assert "sku 'Other'" in put("wrong", {}, sku={"name": "Other"}).json()["error"]["message"]
    assert "identities of deployments" in put("wrong", {}, identity={"type": "None"}).json()["error"]["message"]
    assert put("wrong", {}, to="od-none").status_code == 404
    base = f"{emulator.http}{emulator.scope}/onlineEndpoints/{NAME}/deployments"
    assert requests.get(f"{base}/wrong", headers=bearer, timeout=10).status_code == 404
    other = requests.post(f"{base}/blue/getLogs", json={"containerType": "Other"}, headers=bearer, timeout=10)
    assert "logs of the container 'Other'" in other.json()["error"]["message"]


def test_sdk_v1_sees_no_deployments(rest: Callable[..., requests.Response], blue: ManagedOnlineDeployment) -> None:
    names = [one["name"] for one in rest("GET", "/modelmanagement/v1.0", "/services").json()["value"]]
    assert not [name for name in names if name.startswith(NAME)]
