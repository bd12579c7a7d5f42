"""Large bodies and answers on their way through the router: in files, not in the workspace's memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil
import pytest

from tests.integration.attacks import MIB, connect, many, peak, status
from tests.integration.emulator.client import Client
from tests.integration.emulator.waiting import Emulator, until

if TYPE_CHECKING:
    from azureml.core import Model, Workspace
    from azureml.core.compute import AksCompute
    from azureml.core.model import InferenceConfig

FLAT = 1.2


@pytest.fixture(scope="module")
def client(
    workspace: Workspace, cluster: AksCompute, scoring: InferenceConfig, model: Callable[[str], Model]
) -> Iterator[Client]:
    from azureml.core import Model
    from azureml.core.webservice import AksWebservice

    options = {"num_replicas": 1, "autoscale_enabled": False, "cpu_cores": 0.1, "memory_gb": 0.5}
    limits = {"max_request_wait_time": 120_000, "scoring_timeout_ms": 120_000}
    configuration = AksWebservice.deploy_configuration(**options, **limits)
    service = Model.deploy(workspace, "bounds", [model("one")], scoring, configuration, cluster)
    service.wait_for_deployment()
    client = Client.of(service)
    client.post(b"x" * 2 * MIB)  # what the first large body brings in stays
    yield client
    service.delete()


@pytest.fixture(scope="module")
def process(emulator: Emulator) -> psutil.Process:
    return psutil.Process(emulator.address["pid"])


def large_bodies(client: Client, process: psutil.Process, count: int, size: int) -> float:
    """Send `count` of them at once; the memory at its highest, as a multiple."""
    body = bytes(size)
    with peak(process) as growth, ThreadPoolExecutor(count) as pool:
        answers = [pool.submit(client.post, body) for _ in range(count)]
        until(lambda: (growth(), all(answer.done() for answer in answers))[1], "the answers", 600)
        assert {(answer.result().status_code, answer.result().json()["bytes"]) for answer in answers} == {(200, size)}
        print(f"\n{count} bodies of {size} bytes: {growth}")
        return growth()


def test_large_bodies_at_once(client: Client, process: psutil.Process) -> None:
    assert large_bodies(client, process, 4, 50 * MIB) < FLAT


@pytest.mark.soak
def test_twelve_bodies_of_95_megabytes_at_once(client: Client, process: psutil.Process) -> None:
    for _ in range(3):
        assert large_bodies(client, process, 12, 95_000_000) < FLAT


def test_large_answers_that_nobody_reads(client: Client, process: psutil.Process) -> None:
    url = urlsplit(client.uri)
    line = f"POST {url.path}?pad={20 * MIB} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {client.key}\r\n"
    request = f"{line}Content-Length: 1\r\n\r\nx".encode()
    with peak(process) as growth, many(url.port or 0, 6, send=request) as clients:
        assert {status(one) for one in clients} == {200}
        assert growth() < FLAT


def test_a_body_of_more_than_100_megabytes(client: Client, process: psutil.Process) -> None:
    url = urlsplit(client.uri)
    line = f"POST {url.path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {client.key}\r\n"
    with peak(process) as growth, connect(url.port or 0) as one:
        one.sendall(f"{line}Content-Length: {200 * MIB}\r\n\r\n".encode())
        for _ in range(101):
            one.sendall(bytes(MIB))
        assert (status(one), growth() < FLAT) == (413, True)
