"""Faults on demand as a program of SDK v2 meets them, and what a deployment keeps from being deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.integration.emulator.v2.endpoints.serving import Assets, Caller, assets, managed
from tests.integration.emulator.v2.jobs.jobs import Command
from tests.integration.emulator.waiting import Fault

if TYPE_CHECKING:
    from azure.ai.ml import MLClient

NAME = "fd-all"
PUT = f"PUT /arm/onlineEndpoints/{NAME}/deployments/blue"


@pytest.fixture(scope="module")
def made_of(client: MLClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assets]:
    from azure.ai.ml.entities import ManagedOnlineEndpoint

    client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=NAME)).result()
    yield assets(client, tmp_path_factory.mktemp("faulty"), "fd")
    client.online_endpoints.begin_delete(NAME).result()


def deploy(client: MLClient, made_of: Assets, **options: Any) -> Any:
    asked = managed(NAME, "blue", made_of, **options)
    return client.online_deployments.begin_create_or_update(asked).result()


def test_a_deployment_fails_later_and_is_routed_late(client: MLClient, made_of: Assets, fault: Fault) -> None:
    from azure.core.exceptions import HttpResponseError

    fault(PUT, "--fail-later", "no nodes")
    with pytest.raises(HttpResponseError, match="no nodes"):
        deploy(client, made_of)
    assert client.online_deployments.get("blue", NAME).provisioning_state == "Failed"

    fault(PUT, "--routing-lag", "600", "--status", "503")
    assert deploy(client, made_of).provisioning_state == "Succeeded"
    caller = Caller.of(client, NAME)
    late = caller.post("blue")
    assert (late.status_code, f"'{NAME}/blue' is not routed yet" in late.text) == (503, True)
    fault("--clear")
    assert caller.answer("blue")["COLOUR"] == "blue"

    fault("PUT /arm/onlineEndpoints/{endpoint}/deployments/{deployment}", "--fail-later", "no nodes left")
    with pytest.raises(HttpResponseError, match="no nodes left"):
        deploy(client, made_of, colour="green")
    assert caller.answer("blue")["COLOUR"] == "blue"
    assert client.online_deployments.get("blue", NAME).environment_variables == {"COLOUR": "blue"}


def test_an_update_of_what_only_the_router_reads_fails_later(client: MLClient, made_of: Assets, fault: Fault) -> None:
    from azure.core.exceptions import HttpResponseError

    deploy(client, made_of)
    fault(PUT, "--fail-later", "the cluster is away")
    with pytest.raises(HttpResponseError, match="the cluster is away"):
        deploy(client, made_of, tags={"a": "b"})
    assert client.online_deployments.get("blue", NAME).tags == {}
    assert Caller.of(client, NAME).answer("blue")["COLOUR"] == "blue"


def test_what_is_deployed_stays(client: MLClient, made_of: Assets, rest: Callable[..., requests.Response]) -> None:
    deploy(client, made_of)
    refused = rest("DELETE", "/modelmanagement/v1.0", "/models/fd-model:1")
    assert (refused.status_code, f"deployed in service '{NAME}/blue'" in refused.text) == (409, True), refused.text
    assert client.models.get("fd-model", "1").version == "1"


def test_a_job_is_refused(client: MLClient, command: Command, fault: Fault) -> None:
    from azure.core.exceptions import ResourceExistsError

    job = command("echo once", name="fd-refused")
    fault("PUT /arm/jobs/{name}", "--status", "409")
    with pytest.raises(ResourceExistsError, match=r"a fault that was asked for: PUT /arm/jobs/\{name\} answers 409"):
        client.jobs.create_or_update(job)
    assert "fd-refused" not in [one.name for one in client.jobs.list()]
