"""One version of a model, served by both SDKs under one name: each verb tells of the other's, and leaves it alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from azureml_emulator.command.client import ask
from azureml_emulator.state.workspace import NAME, RESOURCE_GROUP, SUBSCRIPTION
from config.compute.capacity import Resources
from config.errors import DeploymentError, WorkspaceError
from config.settings import Settings, load_settings
from config.settings import Workspace as Names
from pipelines.foresight.obstacles import Proposal
from steps.registration.identity import CONTENT
from steps.registration.versions import RELEASED_BY, mark
from tests.integration.emulator.waiting import Emulator
from workspaces.computes import ClusterId
from workspaces.environments import Environment
from workspaces.models import ModelVersion
from workspaces.services import Configuration, Replicas, Revision

if TYPE_CHECKING:
    from workspaces.v1.workspace import V1Workspace
    from workspaces.workspace import Workspace

SERVICE = "moving"
CLUSTER = ClusterId(SUBSCRIPTION, RESOURCE_GROUP, "moving")
"""It is attached once for each SDK."""
ATTACHED = {"v1": "moving-aks", "v2": "moving-k8s"}
WANTED = Configuration(1, 0.5, 0.5, 1, 2, 4_000, 20_000, 60)
GREETING = {"ECHO_GREETING": "hello"}
OTHER = {"v1": "v2", "v2": "v1"}
LISTED = {"v1": "GET /arm/onlineEndpoints", "v2": "GET /modelmanagement/v1.0/services"}
"""How each SDK's programs ask for what the other serves."""
BOTH = pytest.mark.parametrize("sdk", OTHER)


@dataclass(frozen=True)
class Both:
    """The workspace by each SDK, and the version that both serve."""

    ports: dict[str, Workspace]
    version: ModelVersion
    revisions: dict[str, Revision]
    """What each serves."""

    def settings(self, sdk: str, **values: str) -> Settings:
        names = {"service.name": SERVICE, "model.name": self.version.name, "cluster.name": ATTACHED[sdk]}
        names |= {"pipeline.endpoint": SERVICE, "schedule.name": SERVICE, "compute.name": "moving-steps"}
        names |= {"workspace.sdk": sdk, "cluster.nodes": "4", "service.replicas": "1"}
        return load_settings("local", names | {key.replace("__", "."): value for key, value in values.items()}, {})

    def answer(self, sdk: str) -> dict[str, Any]:
        services = self.ports[sdk].services
        state = services.find(SERVICE)
        assert state is not None
        headers = {"Authorization": f"Bearer {services.keys(SERVICE)[0]}"}
        answer = requests.post(str(state.scoring_uri), headers=headers, json={}, timeout=30)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="module")
def both(port: V1Workspace, emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """What a team has whose clients are on their way from the one address to the other."""
    from workspaces.v2.workspace import sign_in

    names = Names(subscription_id=SUBSCRIPTION, resource_group=RESOURCE_GROUP, name=NAME)
    ports: dict[str, Workspace] = {"v1": port, "v2": sign_in(names)}
    folder = tmp_path_factory.mktemp("moving")
    (folder / "model").mkdir()
    (folder / "model" / "content.txt").write_text("the same")
    version = port.models.register(SERVICE, folder / "model", {CONTENT: "0" * 64})
    found = Both(ports, version, {})
    pool = {"name": "gpu", "vmSize": "Standard_NC4as_T4_v3", "count": 4}
    body = {"identity": {"type": "SystemAssigned"}, "properties": {"agentPoolProfiles": [pool]}}
    ask(emulator.folder, "PUT", str(CLUSTER), body)
    port.computes.create_compute(found.settings("v1").compute)
    for sdk, workspace in ports.items():
        workspace.computes.attach_cluster(found.settings(sdk).cluster, CLUSTER)
        source = folder / sdk
        source.mkdir()
        shutil.copy(Path(__file__).parents[1] / "echo_score.py", source / "score.py")
        environment = workspace.environments.register(
            Environment(f"{SERVICE}-{sdk}", "FROM ubuntu\n", "{}\n", GREETING)
        )
        revision = Revision(version, environment, source, "score.py", {"run_id": f"of-{sdk}"})
        found.revisions[sdk] = revision
        workspace.services.create(SERVICE, ATTACHED[sdk], revision, WANTED)
    assert [workspace.services.wait(SERVICE, 60) for workspace in ports.values()] == ["", ""]
    yield found
    for workspace in ports.values():
        workspace.services.delete(SERVICE)


@BOTH
def test_each_sdk_tells_of_what_the_other_serves(both: Both, sdk: str) -> None:
    (found,) = (one for one in both.ports[sdk].services.of_other_sdk() if one.name == SERVICE)
    other = OTHER[sdk]
    state = both.ports[other].services.find(SERVICE)
    assert state is not None
    assert (found.sdk, found.models, found.scoring_uri) == (other, (both.version.id,), state.scoring_uri)
    assert (found.tags["run_id"], found.cluster_id) == (f"of-{other}", str(CLUSTER).lower())
    assert found.replicas == (Replicas(1, Resources(1, 0.5, 0.5)),)
    assert both.answer(sdk)["model"] == "the same"


@BOTH
def test_what_the_other_sdk_holds_of_the_cluster_counts(both: Both, sdk: str) -> None:
    from steps.rollout.cluster import find_cluster, held_by_others

    workspace, settings = both.ports[sdk], both.settings(sdk)
    held = held_by_others(workspace, find_cluster(workspace, settings), settings)
    cpu_cores, memory_gb = settings.cluster.replica_extra_cpu_cores, settings.cluster.replica_extra_memory_gb
    assert held == {f"{SERVICE} (SDK {OTHER[sdk]})": Resources(1, 0.5 + cpu_cores, 0.5 + memory_gb)}


@BOTH
def test_who_may_not_see_what_the_other_sdk_serves_may_release(both: Both, emulator: Emulator, sdk: str) -> None:
    from steps.rollout.cluster import find_cluster, held_by_others

    workspace, settings = both.ports[sdk], both.settings(sdk)
    ask(emulator.folder, "POST", "/own/faults", {"operation": LISTED[sdk], "status": 403, "times": None})
    try:
        assert held_by_others(workspace, find_cluster(workspace, settings), settings) == {}
    finally:
        ask(emulator.folder, "DELETE", "/own/faults")


@BOTH
def test_where_nobody_may_see_what_the_other_sdk_serves_the_rest_is_told_and_nothing_goes_that_it_may_need(
    both: Both, emulator: Emulator, sdk: str
) -> None:
    from pipelines.infrastructure.teardown import plan_teardown
    from pipelines.live.plan import make_plan
    from pipelines.live.status import status

    workspace, settings = both.ports[sdk], both.settings(sdk)
    said = f"hat SDK {OTHER[sdk]} serves can't be listed: Listing the "
    ask(emulator.folder, "POST", "/own/faults", {"operation": LISTED[sdk], "status": 403, "times": None})
    try:
        told, plan = status(workspace, settings), make_plan(workspace, settings, str(both.version.version), Proposal())
        teardown = plan_teardown(workspace, [settings])
    finally:
        ask(emulator.folder, "DELETE", "/own/faults")
    assert told["service"] is not None
    unknown = told["served by the other SDK"]
    assert unknown is not None
    assert said in unknown["unknown"]
    assert (plan.of_other_sdk, said in plan.advice[0]) == ((), True)
    assert [one.kind for one in teardown.removals] == ["service"]
    assert [said in one for one in teardown.stays] == [True, True]


@BOTH
def test_a_plan_says_what_stays_and_what_comes_beside_it(both: Both, sdk: str) -> None:
    from pipelines.live.plan import make_plan

    plan = make_plan(both.ports[sdk], both.settings(sdk), str(both.version.version), Proposal())
    (told,) = plan.as_json()["of_other_sdk"]
    state = both.ports[OTHER[sdk]].services.find(SERVICE)
    assert state is not None
    assert told == {
        "name": SERVICE,
        "sdk": OTHER[sdk],
        "models": [both.version.id],
        "scoring_uri": state.scoring_uri,
    }
    said = " ".join(plan.advice)
    assert f"SDK {OTHER[sdk]} serves {SERVICE}: {both.version.id} at {state.scoring_uri}. It stays as it is" in said
    moving = f"{both.version.id} is the version that SDK v1 serves", "its own scoring URI and keys", "`amlgpu teardown`"
    assert [part in said for part in moving] == [sdk == "v2"] * 3


@BOTH
def test_a_candidate_that_a_run_has_left_is_told_and_none_that_a_run_works_on(both: Both, sdk: str) -> None:
    from pipelines.live.plan import make_plan
    from steps.rollout.lease import Lease

    workspace, settings = both.ports[sdk], both.settings(sdk, service__lease_wait_seconds="0")
    begins = f"Beside {SERVICE} the run of-{sdk} has left {both.version.id}, which takes no requests"

    def told() -> list[bool]:
        advice = make_plan(workspace, settings, str(both.version.version), Proposal()).advice
        return [said.startswith(begins) for said in advice if said.startswith(f"Beside {SERVICE} the run")]

    assert told() == []
    workspace.services.stage(SERVICE, ATTACHED[sdk], both.revisions[sdk], WANTED)
    assert workspace.services.wait(SERVICE, 60) == ""
    lease = Lease.acquire(workspace, SERVICE, "run-at-it", settings.service)
    assert told() == []
    lease.release(proven=True)
    assert told() == [True]
    workspace.services.unstage(SERVICE)
    assert told() == []


@pytest.mark.parametrize("status", [404, 410])
def test_a_cloud_without_sdk_v1_has_no_service_of_it(both: Both, emulator: Emulator, status: int) -> None:
    fault = {"operation": "GET /modelmanagement/v1.0/services", "status": status, "times": None}
    ask(emulator.folder, "POST", "/own/faults", fault)
    try:
        assert both.ports["v2"].services.of_other_sdk() == []
    finally:
        ask(emulator.folder, "DELETE", "/own/faults")


def test_of_another_name_it_is_known_by_the_model(both: Both) -> None:
    """The name of a managed endpoint has to be free in its region."""
    from pipelines.live.status import live_service, status

    settings = both.settings("v2", service__name="moving-elsewhere")
    told = status(both.ports["v2"], settings)
    assert told["service"] is None
    assert told["served by the other SDK"] == {f"{SERVICE} (SDK v1)": both.version.id}
    with pytest.raises(WorkspaceError, match=r"has no live service moving-elsewhere\. Release one"):
        live_service(both.ports["v2"], settings)


@BOTH
def test_a_status_shows_what_stands_beside_the_service(both: Both, sdk: str) -> None:
    from pipelines.live.status import status

    workspace, settings = both.ports[sdk], both.settings(sdk)
    before = status(workspace, settings)
    workspace.services.stage(SERVICE, ATTACHED[sdk], both.revisions[sdk], WANTED)
    assert workspace.services.wait(SERVICE, 60) == ""
    told = status(workspace, settings)
    shown = {"models": [both.version.id], "state": "Healthy", "run_id": f"of-{sdk}"}
    assert told.pop("beside it, without traffic") == {{"v1": "moving-staged", "v2": "green"}[sdk]: shown}
    workspace.services.unstage(SERVICE)
    assert told == before == status(workspace, settings)


def test_leases_and_the_ways_back_are_two(both: Both) -> None:
    from pipelines.live.rollback import plan_roll_back
    from steps.rollout.lease import Lease

    at_once = both.settings("v1").service.model_copy(update={"lease_wait_seconds": 0})
    leases = [Lease.acquire(port, SERVICE, f"run-{sdk}", at_once) for sdk, port in both.ports.items()]
    for lease in leases:
        lease.release(proven=True)
    mark(both.ports["v1"], both.version.name, both.version.version, {RELEASED_BY["v1"]: "run-v1"})
    with pytest.raises(DeploymentError, match=f"{both.version.id} was never released by SDK v2"):
        plan_roll_back(both.ports["v2"], both.settings("v2"), both.version.version)


def test_a_teardown_leaves_all_of_the_other_sdk(both: Both) -> None:
    """The last test of the file: it removes what SDK v1 serves."""
    from pipelines.infrastructure.teardown import plan_teardown
    from pipelines.live.status import live_service

    def plan(sdk: str, **values: str) -> tuple[list[str], list[str]]:
        planned = plan_teardown(both.ports[sdk], [both.settings(sdk, **values)])
        return [f"{one.kind} {one.name}" for one in planned.removals], list(planned.stays)

    for sdk, other in OTHER.items():
        stays = [f"cluster {ATTACHED[sdk]}, for {SERVICE} (SDK {other})"]
        stays.append(f"compute moving-steps, for {SERVICE} (SDK {other})")
        assert plan(sdk) == ([f"service {SERVICE}"], stays)
        removed, _ = plan(sdk, cluster__name=ATTACHED[other])
        assert removed == [f"service {SERVICE}"], "the cluster of that name is the other's"
    before = both.answer("v2")["pid"]
    for step in plan_teardown(both.ports["v1"], [both.settings("v1")]).removals:
        step.remove()
    assert both.ports["v1"].services.find(SERVICE) is None
    assert both.answer("v2")["pid"] == before
    with pytest.raises(WorkspaceError, match=r"no live service moving of SDK v1, as the target says \(SDK v2 serves"):
        live_service(both.ports["v1"], both.settings("v1"))
    assert plan("v2") == ([f"service {SERVICE}", f"cluster {ATTACHED['v2']}", "compute moving-steps"], [])
