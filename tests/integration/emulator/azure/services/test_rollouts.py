"""Services that change: updates under load, failures, replicas that die, removal."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import requests

from tests.integration.emulator.client import Client, constant_load
from tests.integration.emulator.waiting import Emulator, Fault, until

if TYPE_CHECKING:
    from azureml.core import Model, Workspace
    from azureml.core.compute import AksCompute
    from azureml.core.model import InferenceConfig
    from azureml.core.webservice import AksWebservice

Register = Callable[[str], "Model"]
Deploy = Callable[..., "AksWebservice"]
Update = Callable[[str], None]


@pytest.fixture(scope="module")
def deploy(workspace: Workspace, cluster: AksCompute, scoring: InferenceConfig) -> Iterator[Deploy]:
    """Asks for a service; whatever was deployed is deleted in the end."""
    from azureml.core import Model, Webservice
    from azureml.core.webservice import AksWebservice

    def ask(name: str, version: Model, replicas: int = 2, wait: int = 10000, **options: Any) -> AksWebservice:
        configuration = AksWebservice.deploy_configuration(
            num_replicas=replicas, autoscale_enabled=False, max_request_wait_time=wait, scoring_timeout_ms=30000
        )
        return Model.deploy(workspace, name, [version], scoring, configuration, cluster, **options)

    yield ask
    for service in Webservice.list(workspace):
        service.delete()


@pytest.fixture(scope="module")
def service(deploy: Deploy, model: Register) -> AksWebservice:
    service = deploy("rolls", model("one"))
    service.wait_for_deployment()
    return service


@pytest.fixture(scope="module")
def update(service: AksWebservice, scoring: InferenceConfig, model: Register) -> Callable[[str], None]:
    """Asks for an update to a new model version with the given content."""
    return lambda content: service.update(models=[model(content)], inference_config=scoring)


@pytest.fixture(scope="module")
def client(service: AksWebservice) -> Client:
    return Client.of(service)


def kill(pid: int) -> None:
    """The inference server of a replica and its worker, at once and without warning."""
    worker = psutil.Process(pid)
    server = worker.parent()
    for process in [server, worker]:
        if process is not None:
            os.kill(process.pid, signal.SIGKILL)


def test_update_without_a_failed_request(service: AksWebservice, client: Client, update: Update) -> None:
    before = client.processes()
    with constant_load(client) as answers:
        update("two")
        service.wait_for_deployment()
    assert {status for status, _ in answers} == {200}, answers
    assert len(answers) > 10
    assert client.answer()["model"] == "two"
    after = client.processes()
    assert (len(after), after & before) == (2, set())


def test_another_environment_and_back(
    service: AksWebservice, client: Client, scoring: InferenceConfig, workspace: Workspace
) -> None:
    """As a release is taken back: with the models and the environment that the service had before."""
    from azureml.core import Environment, Webservice
    from azureml.core.model import InferenceConfig

    earlier = Webservice(workspace, "rolls")
    other = Environment("other")
    other.environment_variables = {"ECHO_GREETING": "bye"}
    changed = InferenceConfig("score.py", environment=other, source_directory=scoring.source_directory)
    service.update(models=earlier.models, inference_config=changed)
    service.wait_for_deployment()
    assert (client.answer()["greeting"], service.environment.name) == ("bye", "other")
    back = InferenceConfig("score.py", environment=earlier.environment, source_directory=scoring.source_directory)
    service.update(models=earlier.models, inference_config=back)
    service.wait_for_deployment()
    assert (client.answer()["greeting"], service.environment.name) == ("hello", "echo")


def test_busy(service: AksWebservice, client: Client, update: Update) -> None:
    from azureml.exceptions import WebserviceException

    update("three")
    with pytest.raises(WebserviceException, match="has an operation in progress"):
        service.update(tags={"too": "early"})
    with pytest.raises(WebserviceException, match="has an operation in progress"):
        service.delete()
    service.wait_for_deployment()
    assert client.answer()["model"] == "three"


def test_failed_update_leaves_the_old_version(service: AksWebservice, client: Client, update: Update) -> None:
    from azureml.exceptions import WebserviceException

    running = client.answer()["model"]
    update("broken")
    with pytest.raises(WebserviceException, match="the weights are broken"):
        service.wait_for_deployment()
    assert service.state == "Unhealthy"
    assert client.answer()["model"] == running
    assert len(client.processes()) == 2
    update("mended")
    service.wait_for_deployment()
    assert (service.state, client.answer()["model"]) == ("Healthy", "mended")


def test_an_update_that_fails_half_way_is_taken_back(
    service: AksWebservice, client: Client, update: Update, emulator: Emulator
) -> None:
    """The second replica of the new version fails to start: the first goes, and two of the old version answer."""
    from azureml.exceptions import WebserviceException

    before = client.answer()["model"]
    flag = emulator.folder / "started-once"
    update(f"only-once {flag}")
    with pytest.raises(WebserviceException, match="started once already"):
        service.wait_for_deployment()
    flag.unlink()
    assert {client.answer()["model"] for _ in range(6)} == {before}
    assert len(client.processes()) == 2


def test_killed_replica(client: Client) -> None:
    """Requests are answered all the while, and a new process takes its place."""
    before = client.processes()
    victim = min(before)
    with constant_load(client) as answers:
        kill(victim)
        until(lambda: len(client.processes()) == 2, "the replica to come back")
    assert {status for status, _ in answers} == {200}, answers
    assert victim not in client.processes()


def test_killed_in_the_middle_of_a_request(client: Client) -> None:
    """Each replica has a request; that of the one that dies is answered by the other."""
    victim = min(client.processes())
    answers: list[tuple[int, int]] = []

    def ask() -> None:
        response = client.post(sleep=1.5)
        answers.append((response.status_code, response.json()["pid"]))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)  # both replicas are asleep now
    kill(victim)
    for thread in threads:
        thread.join()
    assert [status for status, _ in answers] == [200, 200]
    assert victim not in [pid for _, pid in answers]
    until(lambda: len(client.processes()) == 2, "the replica to come back")


def test_a_replica_that_stops_answering_is_replaced(service: AksWebservice, client: Client) -> None:
    service.update(initial_delay_seconds=1, period_seconds=1, timeout_seconds=1, failure_threshold=1)
    service.wait_for_deployment()
    silent = min(client.processes())
    os.kill(silent, signal.SIGSTOP)
    until(lambda: not psutil.pid_exists(silent), "the silent replica to be ended")
    until(lambda: len(client.processes()) == 2, "another in its place")
    service.update(initial_delay_seconds=300)
    service.wait_for_deployment()


def test_update_while_a_replica_is_down(service: AksWebservice, client: Client, update: Update) -> None:
    """The dead replica must not come back with the version that it had."""
    kill(min(client.processes()))
    update("newest")
    service.wait_for_deployment()
    assert client.answer()["model"] == "newest"
    with constant_load(client) as answers:
        until(lambda: len(answers) > 100, "a hundred answers")
    assert [text for _, text in answers if "newest" not in text] == []
    assert len(client.processes()) == 2


def test_images_of_earlier_versions_are_deleted(client: Client, emulator: Emulator) -> None:
    folders = sorted((emulator.folder / "services" / "rolls").iterdir())
    assert len([folder for folder in folders if (folder / "azureml-app").exists()]) == 1
    assert len(folders) > 1


def test_a_deployment_that_is_made_to_fail(
    service: AksWebservice, client: Client, update: Update, deploy: Deploy, model: Register, fault: Fault
) -> None:
    """Both are accepted. A first deployment leaves nothing that answers, an update what answered before."""
    from azureml.exceptions import WebserviceException

    running = client.answer()["model"]
    fault("PATCH /modelmanagement/v1.0/services/rolls", "--fail-later", "no nodes left")
    update("never")
    with pytest.raises(WebserviceException, match="no nodes left"):
        service.wait_for_deployment()
    assert (service.state, client.answer()["model"]) == ("Unhealthy", running)
    update("after-all")
    service.wait_for_deployment()
    assert (service.state, client.answer()["model"]) == ("Healthy", "after-all")

    fault("POST /modelmanagement/v1.0/services", "--fail-later", "image pull backoff")
    failed = deploy("doomed", model("one"), replicas=1, wait=100)
    with pytest.raises(WebserviceException, match="image pull backoff"):
        failed.wait_for_deployment()
    assert (failed.state, failed.error["message"]) == ("Failed", "image pull backoff")
    failed.delete()


def test_the_router_lags_behind_an_update(
    service: AksWebservice, client: Client, fault: Fault, rest: Callable[..., requests.Response]
) -> None:
    """It answers as it was told to, with a key or without, until the time is over or the fault is cleared."""
    patched = "PATCH /modelmanagement/v1.0/services/{service}"
    without_key = Client(client.uri, "")
    fault(patched, "--routing-lag", "600", "--status", "503")
    service.update(tags={"touches": "no replica"})
    service.wait_for_deployment()
    assert client.post().status_code == 200
    service.update(num_replicas=1)
    service.wait_for_deployment()
    assert service.state == "Healthy"
    assert [one.post().status_code for one in (client, without_key)] == [503, 503]
    assert rest("POST", "/own", "/clock", json={"advance": 600}).status_code == 200
    assert [one.post().status_code for one in (client, without_key)] == [200, 401]

    fault(patched, "--routing-lag", "600")
    service.update(num_replicas=2)
    service.wait_for_deployment()
    assert client.post().status_code == 502
    fault("--clear")
    assert client.post().status_code == 200


def test_failed_deployment(deploy: Deploy, model: Register) -> None:
    """It leaves a service that can be looked at, and be replaced by one that works, and be deleted."""
    from azureml.exceptions import WebserviceException

    failed = deploy("stillborn", model("broken"), replicas=1, wait=100)
    with pytest.raises(WebserviceException, match="the weights are broken"):
        failed.wait_for_deployment()
    before = Client.of(failed)
    assert (failed.state, before.post().status_code) == ("Failed", 503)
    assert "init with broken" in failed.get_logs()

    mended = deploy("stillborn", model("whole"), replicas=1, overwrite=True)
    mended.wait_for_deployment()
    client = Client.of(mended)
    assert (before.post().status_code, client.answer()["model"]) == (401, "whole")

    (worker,) = (psutil.Process(pid) for pid in client.processes())
    mended.delete()
    assert client.post().status_code == 404
    assert not worker.is_running()
