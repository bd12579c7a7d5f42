"""One service of two replicas: keys, router, limits, changes that restart nothing, refusals."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from azureml_emulator.state.gpus import machine_gpus
from tests.integration.attacks import connect
from tests.integration.emulator.client import Client
from tests.integration.emulator.waiting import Emulator, until

if TYPE_CHECKING:
    from azureml.core import Model, Workspace
    from azureml.core.compute import AksCompute
    from azureml.core.model import InferenceConfig
    from azureml.core.webservice import AksWebservice

Register = Callable[[str], "Model"]
Rest = Callable[..., requests.Response]
QUEUE_WAIT_MS = 5000
TIMEOUT_MS = 30000


def configuration(**changes: Any) -> Any:
    from azureml.core.webservice import AksWebservice

    options = {"num_replicas": 2, "autoscale_enabled": False, "gpu_cores": 1, "cpu_cores": 0.1, "memory_gb": 0.5}
    limits = {"max_request_wait_time": QUEUE_WAIT_MS, "scoring_timeout_ms": TIMEOUT_MS}
    return AksWebservice.deploy_configuration(**(options | limits | changes))


@pytest.fixture(scope="module")
def service(
    workspace: Workspace, cluster: AksCompute, scoring: InferenceConfig, model: Register
) -> Iterator[AksWebservice]:
    from azureml.core import Model

    service = Model.deploy(workspace, "echo", [model("one")], scoring, configuration(tags={"run_id": "1"}), cluster)
    service.wait_for_deployment()
    yield service
    service.delete()


@pytest.fixture(scope="module")
def client(service: AksWebservice) -> Client:
    return Client.of(service)


def test_healthy(service: AksWebservice, client: Client, workspace: Workspace) -> None:
    from azureml.core import Webservice

    found = Webservice(workspace, "echo")
    assert (found.state, found.num_replicas, found.compute_name) == ("Healthy", 2, "gpu-cluster")
    assert [model.name for model in found.models] == ["echo"]
    assert found.deployment_status["availableReplicas"] == 2
    assert len(client.processes()) == 2
    assert "echo" in [one.name for one in Webservice.list(workspace, compute_type="AKS")]


def test_without_a_gpu_it_says_so(workspace: Workspace, service: AksWebservice) -> None:
    from azureml.core import Webservice

    if machine_gpus():
        pytest.skip("this machine has a GPU")
    assert "this machine has none: CPU only" in Webservice(workspace, "echo").properties["localWorkspaceGpu"]
    assert "this machine has none: CPU only" in service.get_logs()


def test_what_a_replica_sees(client: Client) -> None:
    answer = client.answer()
    assert (answer["model"], answer["method"], answer["bytes"]) == ("one", "POST", 1)
    assert (answer["greeting"], answer["authorization"]) == ("hello", None)
    response = client.post(status=418)
    assert response.status_code == 418
    assert "azureml-models/echo/" in response.headers["Echo-Model-Dir"]


def test_key(client: Client, service: AksWebservice) -> None:
    keys = service.get_keys()
    assert [Client(client.uri, key).post().status_code for key in keys] == [200, 200]
    assert [Client(client.uri, key).post().status_code for key in ("", "x", "schlüssel", keys[0][:-1])] == [401] * 4
    assert requests.post(client.uri, data=b"x", timeout=10).status_code == 401


def test_new_key(service: AksWebservice, client: Client) -> None:
    _, before = service.get_keys()
    service.regen_key("Secondary")
    _, after = service.get_keys()
    statuses = [Client(client.uri, key).post().status_code for key in (before, after)]
    assert (before != after, statuses) == (True, [401, 200])


def test_only_get_and_post_are_routed(client: Client) -> None:
    headers = {"Authorization": f"Bearer {client.key}"}
    swagger_uri = client.uri.replace("/score", "/swagger.json")
    assert requests.get(client.uri, headers=headers, timeout=10).json()["method"] == "GET"
    described = requests.get(swagger_uri, headers=headers, timeout=10).json()
    assert described["swagger"] == "2.0"
    assert urlsplit(client.uri).path in described["paths"]
    asked = [
        (method, uri)
        for method in ("PUT", "PATCH", "DELETE", "TRACE", "QUERY", "OPTIONS")
        for uri in (client.uri, swagger_uri)
    ]
    statuses = [
        requests.request(*one, headers=headers, timeout=10).status_code for one in (*asked, ("POST", swagger_uri))
    ]
    assert statuses == [405] * 13
    refused = requests.request("OPTIONS", client.uri, timeout=10)  # as a browser asks before it posts: without a key
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, POST")
    assert requests.head(client.uri, headers=headers, timeout=10).status_code == 405


def test_a_500_of_the_server_becomes_a_502(client: Client) -> None:
    answers = [client.post(status=status) for status in (500, 501, 418)]
    assert [answer.status_code for answer in answers] == [502, 501, 418]
    assert answers[0].json()["model"] == "one"


def test_unknown_service(client: Client) -> None:
    assert Client(client.uri.replace("echo", "none"), client.key).post().status_code == 404


def test_log(service: AksWebservice) -> None:
    assert "init with one" in service.get_logs()


def test_tags_restart_nothing(service: AksWebservice, client: Client, workspace: Workspace) -> None:
    from azureml.core import Webservice
    from azureml.exceptions import WebserviceException

    before = client.processes()
    service.update(tags={"run_id": "2", "a/b~c": "d"}, properties={"released": "yes"})
    service.wait_for_deployment()
    assert Webservice(workspace, "echo").tags == {"run_id": "2", "a/b~c": "d"}
    assert Webservice(workspace, "echo").properties["released"] == "yes"
    with pytest.raises(WebserviceException, match=r"released.* of service echo is .*yes.* and cannot change"):
        service.update(properties={"released": "no"})
    assert client.processes() == before


def test_an_update_after_a_commit_is_taken(
    service: AksWebservice, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To each update the SDK adds the commit of the checkout that its process runs in, a notebook or a step."""
    from azureml.core import Webservice

    for commit in ("a" * 40, "b" * 40):
        monkeypatch.setenv("AZUREML_GIT_COMMIT", commit)
        service.update(tags={"run_id": commit})
        service.wait_for_deployment()
        found = Webservice(workspace, "echo").properties
        assert found["azureml.git.commit"] == found["mlflow.source.git.commit"] == commit


def test_app_insights_are_taken_with_a_note(service: AksWebservice, client: Client, workspace: Workspace) -> None:
    from azureml.core import Webservice

    before = client.processes()
    assert "localWorkspaceAppInsights" not in service.properties
    service.update(enable_app_insights=True)
    service.wait_for_deployment()
    found = Webservice(workspace, "echo")
    assert found.enable_app_insights is True
    assert "nothing is sent" in found.properties["localWorkspaceAppInsights"]
    assert "[local workspace] Application Insights" in found.get_logs()
    assert client.processes() == before

    found.update(enable_app_insights=False, properties=found.properties)
    found.wait_for_deployment()
    assert "localWorkspaceAppInsights" not in Webservice(workspace, "echo").properties


def test_queue_wait(service: AksWebservice, client: Client) -> None:
    """Two replicas, each with one request at a time, are busy: the third waits, and is turned away in the end."""
    service.update(max_request_wait_time=300)
    service.wait_for_deployment()
    busy = [threading.Thread(target=client.post, kwargs={"sleep": 3}) for _ in range(2)]
    for thread in busy:
        thread.start()
    refused = until(lambda: [answer for answer in [client.post()] if answer.status_code == 503], "both to be busy", 3)
    service.update(max_request_wait_time=QUEUE_WAIT_MS)
    service.wait_for_deployment()
    assert refused[0].headers["Retry-After"] == "1"
    assert client.post().status_code == 200
    for thread in busy:
        thread.join()


def test_clients_that_are_gone_give_their_places_back(client: Client) -> None:
    """Else the third would wait for two answers that nobody takes, and be turned away before they are there."""
    url = urlsplit(client.uri)
    line = f"POST {url.path}?sleep={QUEUE_WAIT_MS / 1000 + 3} HTTP/1.1\r\nHost: a\r\n"
    for _ in range(2):
        with connect(url.port or 0) as gone:
            gone.sendall(f"{line}Authorization: Bearer {client.key}\r\nContent-Length: 1\r\n\r\nx".encode())
    time.sleep(1)
    assert client.post().status_code == 200


def test_scoring_timeout(service: AksWebservice, client: Client) -> None:
    service.update(scoring_timeout_ms=1000)
    service.wait_for_deployment()
    assert client.post(sleep=2).status_code == 504
    service.update(scoring_timeout_ms=TIMEOUT_MS)
    service.wait_for_deployment()
    assert client.post().status_code == 200


def test_payload_limit(client: Client) -> None:
    chunk = bytes(1024 * 1024)
    assert client.post(chunk * 100).json()["bytes"] == 100 * 1024 * 1024
    assert client.post(chunk * 100 + b"x").status_code == 413


def test_listens_on_loopback_only(client: Client, emulator: Emulator) -> None:
    processes = [*emulator.children(), psutil.Process(emulator.address["pid"])]
    listening = {
        connection.laddr
        for process in processes
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert len(listening) >= 4  # two listeners of the emulator, one of each replica
    assert {address.ip for address in listening} == {"127.0.0.1"}


def test_model_in_use(service: AksWebservice) -> None:
    from azureml.exceptions import WebserviceException

    with pytest.raises(WebserviceException, match="Response Code: 409"):
        service.models[0].delete()


def test_cluster_in_use(service: AksWebservice, cluster: AksCompute) -> None:
    with pytest.raises(Exception, match="Response Code: 409"):
        cluster.delete()


def test_taken_name(
    workspace: Workspace, service: AksWebservice, scoring: InferenceConfig, cluster: AksCompute
) -> None:
    from azureml.core import Model
    from azureml.exceptions import WebserviceException

    with pytest.raises(WebserviceException, match="there is already a service with name echo"):
        Model.deploy(workspace, "echo", service.models, scoring, configuration(), cluster)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cpu_cores": 3.5}, r"1 replica cannot be created per specified .*\(3.5 CPU Cores, 0.5GB Memory\)"),
        ({"num_replicas": 3, "memory_gb": 28}, r"3 replicas cannot be created .*\(0.1 CPU Cores, 28GB Memory\)"),
        ({"collect_model_data": True}, "does not have data collection"),
    ],
)
def test_refused(
    workspace: Workspace,
    service: AksWebservice,
    scoring: InferenceConfig,
    cluster: AksCompute,
    changes: Any,
    message: str,
) -> None:
    from azureml.core import Model

    with pytest.raises(Exception, match=message):
        Model.deploy(workspace, "refused", service.models, scoring, configuration(**changes), cluster)


def test_name_that_would_be_a_path(rest: Rest) -> None:
    refused = rest("POST", "/modelmanagement/v1.0", "/services", json={"name": "../../up", "computeType": "AKS"})
    assert refused.status_code == 400
    assert "the service name '../../up' is not" in refused.json()["error"]["message"]
    refused = rest("POST", "/modelmanagement/v1.0", "/models", json={"name": "../up"})
    assert refused.status_code == 400
