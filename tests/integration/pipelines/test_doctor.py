"""`amlgpu doctor` against the local workspace: what is missing, what is refused, what is all right."""

from __future__ import annotations

import shlex
import uuid
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from azureml_emulator.command.client import ask
from azureml_emulator.state.credentials.auth_mode import AuthMode
from azureml_emulator.state.credentials.tokens import TENANT_ID
from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION
from config.sections.workspace import PLACEHOLDER
from config.settings import Settings, load_settings
from pipelines.infrastructure.doctor.finding import Finding, exit_code
from tests.integration.workspaces.local import LocalWorkspace
from workspaces.azure.access import ROLES
from workspaces.computes import ClusterId

if TYPE_CHECKING:
    from tests.integration.emulator.waiting import Emulator
    from workspaces.v1.workspace import V1Workspace

CLUSTER = ClusterId(SUBSCRIPTION, RESOURCE_GROUP, "examined")
MANAGED = str(CLUSTER._replace(group="{group}", subscription="{subscription}", name="{name}"))
IN_AZURE = {
    "workspace.subscription_id": SUBSCRIPTION,
    "workspace.resource_group": RESOURCE_GROUP,
    "workspace.name": NAME,
    "compute.name": "examined-steps",
    "cluster.name": "examined",
    "cluster.resource_id": str(CLUSTER),
    "environment.base_image": "registry.example/image:1",  # mcr.microsoft.com is asked by no test
}


@pytest.fixture(autouse=True)
def _faultless(port: V1Workspace, emulator: Emulator) -> Iterator[None]:
    assert port.name == NAME  # the variables that lead there are set
    yield
    ask(emulator.folder, "DELETE", "/own/faults")


@pytest.fixture
def refuse(emulator: Emulator) -> Callable[[str], None]:
    """All requests for an operation, with 403."""

    def add(operation: str) -> None:
        ask(emulator.folder, "POST", "/own/faults", {"operation": operation, "status": 403, "times": None})

    return add


def look(target: str = "prod", **changes: str) -> dict[str, Finding]:
    from pipelines.infrastructure.doctor.examination import examine

    changed = {key.replace("__", "."): value for key, value in changes.items()}
    names = (IN_AZURE if target == "prod" else {"compute.name": "of-nobody", "cluster.name": "of-nobody"}) | changed

    def read() -> Settings:
        return load_settings(target, names, environ={})

    return examine(read, lambda _: nullcontext())


def outcomes(found: dict[str, Finding]) -> list[str]:
    """But for the versions, whose outcome is the calendar's."""
    return [finding.outcome for check, finding in found.items() if check != "versions"]


def test_each_step_of_setting_up_is_the_next_failure(port: V1Workspace, emulator: Emulator) -> None:
    found = look()
    assert outcomes(found) == [*["ok"] * 5, "fail", "skipped", "fail", *["skipped"] * 3]
    assert found["sign-in"].text == f"local-user, tenant {TENANT_ID}; subscription local workspace"
    assert found["datastore"].text == "workspaceblobstore is read with a shared access signature"
    assert found["AKS cluster"].text.startswith("examined: there is none of this name")
    assert exit_code(found) == 7
    assert port.computes.find("examined-steps") is None, "nothing is made"

    settings = load_settings("prod", IN_AZURE, environ={})
    pool = {"name": "gpu", "vmSize": settings.cluster.vm_size, "count": 3}
    body = {"identity": {"type": "SystemAssigned"}, "properties": {"agentPoolProfiles": [pool]}}
    ask(emulator.folder, "PUT", str(CLUSTER), body)
    port.computes.create_compute(settings.compute)
    made = look()
    assert outcomes(made) == [*["ok"] * 6, "fail", "ok", "warn", "fail", "skipped"]
    assert made["attachment"].text == "examined isn't attached"
    for check in ("steps' roles", "workspace's roles"):
        run_line(emulator, made[check].mend)
    given = look()
    assert outcomes(given) == [*["ok"] * 9, "fail", "skipped"]

    port.computes.attach_cluster(settings.cluster, CLUSTER)
    try:
        whole = look()
        ask(emulator.folder, "POST", "/own/faults", {"operation": f"GET {MANAGED}", "status": 403, "times": 2})
        unread = look()
    finally:
        port.computes.detach("examined")
        port.computes.delete("examined-steps")
    assert outcomes(whole) == [*["ok"] * 9, "warn", "skipped"]
    assert "without TLS" in whole["attachment"].text
    assert exit_code(whole) == 0
    assert outcomes(unread) == [*["ok"] * 7, "warn", "ok", "warn", "skipped"]
    assert "the role Reader" in unread["AKS cluster"].mend


def test_a_workspace_that_is_not_there_is_the_only_failure() -> None:
    found = look(workspace__name="another")
    assert outcomes(found) == ["ok", "ok", "fail", *["skipped"] * 8]
    assert "another" in found["workspace"].text
    assert "workspace.name" in found["workspace"].mend


def test_a_subscription_that_is_not_seen_names_those_that_are() -> None:
    found = look(workspace__subscription_id="00000000-0000-0000-0000-00000000dead")
    assert outcomes(found) == ["ok", "fail", *["skipped"] * 9]
    assert f"local workspace ({SUBSCRIPTION})" in found["sign-in"].text


def test_a_cluster_that_nobody_named_is_not_looked_for(refuse: Callable[[str], None]) -> None:
    refuse(f"GET {MANAGED}")
    found = look(cluster__resource_id=str(CLUSTER._replace(subscription=PLACEHOLDER)))
    assert found["AKS cluster"].text == "cluster.resource_id is a placeholder"


@pytest.mark.parametrize("operation", ["GET /containers/{container}", "GET /datastore/v1.0/default"])
def test_a_datastore_that_refuses_hides_nothing_else(refuse: Callable[[str], None], operation: str) -> None:
    refuse(operation)
    found = look()
    assert (found["datastore"].outcome, found["compute"].outcome) == ("fail", "fail"), "one is refused, one isn't there"
    assert "docs/azure.md" in found["datastore"].mend


def test_here_a_run_makes_what_is_missing() -> None:
    found = look("local")
    assert outcomes(found) == [*["ok"] * 4, "skipped", "warn", "skipped", "warn", "skipped", "warn", "skipped"]
    assert exit_code(found) == 0


def run_line(emulator: Emulator, line: str) -> None:
    """An `az role assignment create`, which is a PUT of Azure Resource Manager."""
    words = shlex.split(line.strip("`"))
    told = dict(zip(words[4::2], words[5::2], strict=True))
    assert words[:4] == ["az", "role", "assignment", "create"]
    give(emulator, told["--assignee-object-id"], told["--role"], told["--scope"])


def give(emulator: Emulator, principal: str, role: str, scope: str) -> None:
    role_id = next(known for known, name in ROLES.items() if name == role)
    name = uuid.uuid5(uuid.NAMESPACE_URL, f"{principal} {role} {scope}")
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
    ask(emulator.folder, "PUT", path, {"properties": {"roleDefinitionId": f"/x/{role_id}", "principalId": principal}})


def test_a_quota_that_is_too_small_is_told() -> None:
    found = look(compute__max_nodes="30")
    assert found["quota"].outcome == "fail"
    assert "has 100 virtual CPUs; examined-steps wants 120" in found["quota"].text


@pytest.fixture
def steps(port: V1Workspace) -> Iterator[None]:
    port.computes.create_compute(load_settings("prod", IN_AZURE, environ={}).compute)
    yield
    port.computes.delete("examined-steps")


@pytest.mark.usefixtures("steps")
def test_what_may_not_be_read_is_no_failure(refuse: Callable[[str], None]) -> None:
    refuse("GET /arm/providers/Microsoft.Authorization/roleAssignments")
    for provider in ("MachineLearningServices", "Compute"):
        refuse(f"GET /subscriptions/{{subscription}}/providers/Microsoft.{provider}/locations/{{location}}/usages")
    found = look()
    for check in ("quota", "steps' roles"):
        assert found[check].outcome == "skipped"
        assert found[check].text.startswith("may not be read: Listing ")
    assert exit_code(found) == 7, "there is no cluster"


@pytest.mark.usefixtures("steps")
def test_without_a_credential_the_steps_need_a_role_on_the_storage(port: V1Workspace, emulator: Emulator) -> None:
    (principal,) = port.access.principals("examined-steps").values()
    give(emulator, principal, "Contributor", port.access.resources().workspace)
    with LocalWorkspace(emulator.folder).authenticating(AuthMode.IDENTITY):
        found = look()["steps' roles"]
        assert (found.outcome, "Storage Blob Data Contributor" in found.mend) == ("fail", True)
        run_line(emulator, found.mend)
        given = look()["steps' roles"]
    assert given.text.endswith("Contributor on the workspace, and Storage Blob Data Contributor on its storage")
