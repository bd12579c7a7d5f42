"""Many clients on a service of two replicas, while it is updated and, in the long form, while replicas are killed.

The long form is a part of `make soak`: SOAK_UPDATES says how many updates, SOAK_SEED which replicas die when.
"""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psutil
import pytest
import requests

from tests.integration.emulator.client import TIMEOUT_SECONDS, Client, in_background
from tests.integration.emulator.waiting import Emulator, until

if TYPE_CHECKING:
    from azureml.core import Model, Workspace
    from azureml.core.compute import AksCompute
    from azureml.core.model import InferenceConfig
    from azureml.core.webservice import AksWebservice

CLIENTS = 16
UPDATES = int(os.environ.get("SOAK_UPDATES", "20"))
SEED = int(os.environ.get("SOAK_SEED", random.randrange(2**32)))  # noqa: S311
Answers = list[tuple[int, str]]


@pytest.fixture(scope="module")
def service(
    workspace: Workspace, cluster: AksCompute, scoring: InferenceConfig, model: Callable[[str], Model]
) -> Iterator[AksWebservice]:
    from azureml.core import Model
    from azureml.core.webservice import AksWebservice

    configuration = AksWebservice.deploy_configuration(num_replicas=2, max_request_wait_time=20_000)
    service = Model.deploy(workspace, "loaded", [model("first")], scoring, configuration, cluster)
    service.wait_for_deployment()
    yield service
    service.delete()


@contextmanager
def kept_busy(client: Client) -> Iterator[Answers]:
    """CLIENTS clients ask on connections that they keep: (status, model) of each answer; status 0 for none."""
    answers: Answers = []

    def ask(stop: threading.Event) -> None:
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {client.key}"
            while not stop.is_set():
                answers.append(_ask(session, client.uri))

    with in_background(ask, CLIENTS):
        yield answers


def _ask(session: requests.Session, uri: str) -> tuple[int, str]:
    try:
        response = session.post(uri, data=b"x", timeout=TIMEOUT_SECONDS)
    except requests.RequestException as error:
        return 0, repr(error)
    return response.status_code, json.loads(response.text)["model"] if response.ok else ""


def only(version: str, answers: Answers) -> None:
    """Wait for a hundred more answers; none of them is from another version."""
    begun = len(answers)
    until(lambda: len(answers) > begun + CLIENTS + 100, "a hundred answers")
    assert {said for status, said in answers[begun + CLIENTS :] if status == 200} == {version}


def test_an_update_under_load_loses_no_request(
    service: AksWebservice, scoring: InferenceConfig, model: Callable[[str], Model]
) -> None:
    with kept_busy(Client.of(service)) as answers:
        until(lambda: len(answers) > 100, "load")
        service.update(models=[model("second")], inference_config=scoring)
        service.wait_for_deployment()
        only("second", answers)
    counts = Counter(answers)
    print(f"{len(answers)} answers to {CLIENTS} clients during an update: {dict(counts)}")
    assert set(counts) == {(200, "first"), (200, "second")}


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_updates_under_load_lose_no_request(
    service: AksWebservice, scoring: InferenceConfig, model: Callable[[str], Model]
) -> None:
    with kept_busy(Client.of(service)) as answers:
        for number in range(UPDATES):
            service.update(models=[model(f"update-{number}")], inference_config=scoring)
            service.wait_for_deployment()
            only(f"update-{number}", answers)
    statuses = Counter(status for status, _ in answers)
    print(f"\n{len(answers)} answers to {CLIENTS} clients during {UPDATES} updates: {dict(statuses)}")
    assert set(statuses) == {200}


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_killed_replicas_hang_no_request(
    service: AksWebservice, scoring: InferenceConfig, model: Callable[[str], Model], emulator: Emulator
) -> None:
    """An update may fail when its replica is killed while it starts; what answers goes on answering."""
    from azureml.exceptions import WebserviceException

    failed = 0
    with kept_busy(Client.of(service)) as answers, killing(emulator) as kills:
        for number in range(UPDATES):
            service.update(models=[model(f"killed-{number}")], inference_config=scoring)
            try:
                service.wait_for_deployment()
            except WebserviceException:
                failed += 1
    with kept_busy(Client.of(service)) as calm:
        service.update(models=[model("calm")], inference_config=scoring)
        service.wait_for_deployment()
        only("calm", calm)
    statuses = Counter(status for status, _ in answers)
    print(
        f"\n{len(answers)} answers during {UPDATES} updates ({failed} failed) and {len(kills)} kills: {dict(statuses)}"
    )
    print(f"seed {SEED}; afterwards {len(calm)} answers: {dict(Counter(calm))}")
    assert kills
    assert set(statuses) <= {200, 502, 503}
    assert {status for status, _ in calm} == {200}


@contextmanager
def killing(emulator: Emulator) -> Iterator[list[int]]:
    """Kills a replica of the service, its server and its worker, at random moments; the ids of its processes."""
    choice, stop, killed = random.Random(SEED), threading.Event(), list[int]()  # noqa: S311

    def kill() -> None:
        while not stop.wait(choice.uniform(0.2, 4)):
            if servers := list(_servers(emulator)):
                server = choice.choice(servers)
                with suppress(psutil.Error, ProcessLookupError):
                    for process in [server, *server.children()]:
                        os.kill(process.pid, signal.SIGKILL)
                    killed.append(server.pid)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        stop.set()
        thread.join()


def _servers(emulator: Emulator) -> Iterator[psutil.Process]:
    """The inference servers of the replicas that have a worker."""
    for process in emulator.children():
        with suppress(psutil.Error):
            server = process.parent()
            if server and all("/services/loaded/" in one.cwd() for one in (process, server)) and not process.children():
                yield server
