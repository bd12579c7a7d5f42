"""What answers in the place of Azure Resource Manager, such as a proxy, is told and never a fault of the code."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from workspaces.azure.access import ArmAccess
from workspaces.azure.arm import Arm
from workspaces.azure.errors import translated
from workspaces.azure.managed_clusters import find_managed_cluster
from workspaces.computes import ClusterId
from workspaces.errors import RequestError

BODIES = (
    b"<html>Sign in to the network</html>",
    b"",
    b"[]",
    b"null",
    b"{}",
    b'{"value": [{}]}',
    b'{"value": 3}',
    b'{"value": [null, 3]}',
    b'{"value": [{"type": "x/vmFamily/usages", "name": {"value": 4}, "currentValue": null, "limit": "many"}]}',
    b'{"properties": {"storageAccount": 4, "agentPoolProfiles": [{}]}, "identity": "none"}',
)
CALLS: dict[str, Callable[[ArmAccess, Arm], object]] = {
    "resources": lambda access, _: access.resources(),
    "principals": lambda access, _: access.principals("steps"),
    "roles": lambda access, _: access.roles("who", "/scope"),
    "compute_usages": lambda access, _: access.compute_usages("here"),
    "machine_usages": lambda access, _: access.machine_usages("here"),
    "cluster": lambda _, arm: find_managed_cluster(arm, ClusterId("s", "g", "c")),
}


class Answer(BaseHTTPRequestHandler):
    body = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def arm() -> Iterator[Arm]:
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        serving = Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        address = f"http://127.0.0.1:{server.server_port}"
        yield Arm(lambda: address, lambda: {"Authorization": "Bearer x"})
        server.shutdown()
        serving.join()


@pytest.fixture
def access(arm: Arm) -> ArmAccess:
    workspace = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
    return ArmAccess(arm, workspace)


@pytest.mark.parametrize("call", CALLS)
def test_an_answer_that_makes_no_sense_is_a_refusal(
    access: ArmAccess, arm: Arm, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for body in BODIES:
        monkeypatch.setattr(Answer, "body", body)
        with suppress(RequestError), translated():
            CALLS[call](access, arm)
    for body in BODIES[:4]:
        monkeypatch.setattr(Answer, "body", body)
        with pytest.raises(RequestError, match="a proxy"), translated():
            CALLS[call](access, arm)


@pytest.mark.parametrize("call", ["roles", "compute_usages", "machine_usages"])
def test_an_answer_without_a_list_is_no_empty_list(
    access: ArmAccess, arm: Arm, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Answer, "body", b"{}")
    with pytest.raises(RequestError, match="'value'"):
        CALLS[call](access, arm)


def test_quotas_of_low_priority_are_left_out_by_either_spelling(
    access: ArmAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Azure ML answers gives both the same name."""
    family, old = "standardNCASv3_T4Family", "Standard NCASv3_T4 Family Cluster"
    usages = [
        ("vmFamily/dedicatedCores", family, 4),
        ("vmFamily/lowPriorityCores", family, -1),
        ("dedicatedCores", "TotalDedicatedCores", 20),
        ("lowPriorityCores", "TotalLowPriorityCores", 9),
        ("vmFamily", f"{old} Dedicated vCPUs", 4),
        ("workspaces/computes", f"{old} Dedicated vCPUs", 1),
    ]
    told = [
        {"type": f"x/{kind}/usages", "name": {"value": name}, "currentValue": 0, "limit": limit}
        for kind, name, limit in usages
    ]
    monkeypatch.setattr(Answer, "body", json.dumps({"value": told}).encode())
    assert [one.limit for one in access.compute_usages("here")] == [4, 20, 4]
