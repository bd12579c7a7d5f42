"""Faults as the SDK meets them, and as the command line asks for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import requests

from tests.integration.emulator.waiting import Emulator, Fault, until

if TYPE_CHECKING:
    from azureml.core import Workspace

MODELS = "GET /modelmanagement/v1.0/models"


def test_the_sdk_rides_over_a_failure_that_passes(workspace: Workspace, fault: Fault) -> None:
    from azureml.core import Model

    before = [model.id for model in Model.list(workspace)]
    assert fault(MODELS, "--status", "503", "--times", "1").returncode == 0
    assert [model.id for model in Model.list(workspace)] == before
    assert json.loads(fault("--json").stdout) == {"faults": []}


def test_a_conflict_reaches_the_caller(workspace: Workspace, fault: Fault) -> None:
    from azureml.core import Model
    from msrest.exceptions import HttpOperationError

    fault(MODELS, "--status", "409", "--times", "1")
    with pytest.raises(HttpOperationError, match=f"a fault that was asked for: {MODELS} answers 409"):
        Model.list(workspace)


def test_a_pipelines_answer_has_the_pipelines_form(rest: Callable[..., requests.Response], fault: Fault) -> None:
    fault("GET /pipelines/v1.0/Schedules", "--status", "500")
    answer = rest("GET", "/pipelines/v1.0", "/Schedules")
    assert (answer.status_code, answer.json()["Error"]["Code"]) == (500, "InjectedFault")


def test_a_stalled_operation_is_done_after_all(rest: Callable[..., requests.Response], fault: Fault) -> None:
    fault(MODELS, "--stall", "0.2")
    assert rest("GET", "/modelmanagement/v1.0", "/models").status_code == 200
    assert fault().stdout == "no faults\n"  # it was used up


def test_what_stalls_goes_on_when_faults_are_cleared(rest: Callable[..., requests.Response], fault: Fault) -> None:
    fault(MODELS, "--stall", "600")
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(rest, "GET", "/modelmanagement/v1.0", "/models", timeout=60)
        until(lambda: json.loads(fault("--json").stdout) == {"faults": []}, "the request to arrive")
        fault("--clear")
        assert answer.result().status_code == 200


def test_what_a_client_no_longer_waits_for_is_done_too(rest: Callable[..., requests.Response], fault: Fault) -> None:
    """As on Azure, where a client's time-out says nothing about what became of its request."""
    fault("PATCH /history/v1.0/experiments/{experiment}/runs/{run}", "--stall", "1")
    change = {"displayName": "patched"}
    with pytest.raises(requests.Timeout):
        rest("PATCH", "/history/v1.0", "/experiments/stalled/runs/stalled", json=change, timeout=0.2)
    found = until(lambda: rest("GET", "/history/v1.0", "/runs/stalled").json().get("displayName"), "the change")
    assert found == "patched"


def test_a_stalled_body_that_is_too_long_to_keep_arrives_all_the_same(
    rest: Callable[..., requests.Response], fault: Fault
) -> None:
    fault("PATCH /history/v1.0/experiments/{experiment}/runs/{run}", "--stall", "0.1")
    change = {"description": "long" * 1_000_000}
    assert (
        rest("PATCH", "/history/v1.0", "/experiments/stalled/runs/long", json=change).json()["description"]
        == (change["description"])
    )


def test_faults_of_the_identity_endpoint_are_not_for_the_verbs(emulator: Emulator, fault: Fault) -> None:
    identity = "POST /msi/{secret}/token"
    for times in ("1", "0"):
        assert fault(identity, "--status", "503", "--times", times).returncode == 0
        assert identity in fault().stdout
        assert requests.post(emulator.environment["MSI_ENDPOINT"], timeout=10).status_code == 503


def test_a_path_may_be_copied_from_the_request_log(
    emulator: Emulator, rest: Callable[..., requests.Response], fault: Fault
) -> None:
    assert fault(f"GET /modelmanagement/v1.0{emulator.scope}/models", "--status", "503").returncode == 0
    assert rest("GET", "/modelmanagement/v1.0", "/models").status_code == 503


def test_who_may_not_ask_uses_no_fault_up(emulator: Emulator, fault: Fault) -> None:
    fault(MODELS, "--status", "503")
    url = f"{emulator.http}/modelmanagement/v1.0{emulator.scope}/models"
    assert requests.get(url, timeout=10).status_code == 401
    assert len(json.loads(fault("--json").stdout)["faults"]) == 1


def test_it_lists_what_is_in_force(fault: Fault) -> None:
    assert fault().stdout == "no faults\n"
    fault(MODELS, "--status", "503", "--times", "3")
    fault("POST /modelmanagement/v1.0/services", "--stall", "5", "--times", "0")
    fault("POST /modelmanagement/v1.0/services", "--fail-later", "no nodes")
    fault("PATCH /modelmanagement/v1.0/services/digits", "--routing-lag", "20", "--status", "503")
    assert fault().stdout.splitlines() == [
        "GET /modelmanagement/v1.0/models: answers 503, for 3 requests",
        "POST /modelmanagement/v1.0/services: stalls for 5 s, for all requests",
        "POST /modelmanagement/v1.0/services: is accepted and fails: no nodes, for 1 request",
        "PATCH /modelmanagement/v1.0/services/digits: scoring answers 503 for 20 s after Healthy, for 1 request",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("GET /modelmanagement/v1.0/modles", "--status", "503"), "did you mean 'GET /modelmanagement/v1.0/models'"),
        (("GET /own/clock", "--status", "503"), "no operation 'GET /own/clock'"),
        (("GET /health", "--status", "503"), "no operation 'GET /health'"),
        (("GET /studio/runs", "--status", "503"), "no operation 'GET /studio/runs'"),
        ((MODELS,), "needs a status to answer with, seconds"),
        (("--status", "503"), "which operation"),
        (("--times", "3"), "which operation"),
    ],
)
def test_what_it_refuses_is_one_line(fault: Fault, arguments: tuple[str, ...], message: str) -> None:
    refused = fault(*arguments)
    assert refused.returncode == 8
    assert message in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
