"""Web services: made, brought to another revision, asked, and deleted; one operation at a time."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
import requests

from config.errors import DeploymentError
from config.settings import Cluster
from tests.integration.workspaces.conftest import SCRIPTS, unique
from workspaces.environments import Environment
from workspaces.errors import Busy, RequestError
from workspaces.services import BUSY, HEALTHY, Configuration, Revision, ServiceState

if TYPE_CHECKING:
    from tests.integration.workspaces.local import LocalWorkspace
    from workspaces.workspace import Workspace

SECONDS = 120.0
WANTED = Configuration(
    replicas=1,
    cpu_cores=0.5,
    memory_gb=0.75,
    gpu_cores=1,
    max_concurrent_requests=2,
    max_queue_wait_ms=4_000,
    scoring_timeout_ms=20_000,
    initial_delay_seconds=60,
)
ALWAYS_TOLD = {"replicas", "max_concurrent_requests", "max_queue_wait_ms", "scoring_timeout_ms"}
CONDA = "name: echo\ndependencies:\n- python\n- pip: [azureml-inference-server-http]\n"

NOTHING: Mapping[str, str] = MappingProxyType({})
Revise = Callable[..., Revision]


@pytest.fixture(scope="module")
def cluster(local: LocalWorkspace, port: Workspace) -> str:
    wanted = Cluster(name=unique(), vm_size="Standard_NC4as_T4_v3", nodes=4, purpose="FastProd")
    port.computes.attach_cluster(wanted, local.make_cluster(wanted.name, wanted.nodes))
    return wanted.name


@pytest.fixture(scope="module")
def revise(port: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Revise:
    """Registers a model of this content and an environment with this greeting; what a service is to run of them."""
    source = tmp_path_factory.mktemp("source") / "source"
    source.mkdir()
    shutil.copy(SCRIPTS / "score.py", source)
    model_name, environment_name = unique(), unique()

    def make(content: str, greeting: str = "hello", **tags: str) -> Revision:
        folder = tmp_path_factory.mktemp("registered") / "model"
        folder.mkdir()
        (folder / "content.txt").write_text(content)
        model = port.models.register(model_name, folder, {})
        definition = Environment(f"{environment_name}-{greeting}", "FROM ubuntu\n", CONDA, {"ECHO_GREETING": greeting})
        return Revision(model, port.environments.register(definition), source, "score.py", tags)

    return make


@pytest.fixture(scope="module")
def service(port: Workspace, cluster: str, revise: Revise, tmp_path_factory: pytest.TempPathFactory) -> str:
    """One that is up; the tests leave it up, with whatever revision."""
    name, gate = unique(), tmp_path_factory.mktemp("gate") / "open"
    port.services.create(name, cluster, revise(f"waits for {gate}", run_id="first", forced="yes"), WANTED)
    assert find(port, name).state in BUSY  # create() hasn't waited
    gate.touch()
    assert port.services.wait(name, SECONDS) == ""
    assert find(port, name).tags == {"run_id": "first", "forced": "yes"}
    return name


def find(port: Workspace, name: str) -> ServiceState:
    state = port.services.find(name)
    assert state is not None
    return state


def bring(port: Workspace, service: str, revision: Revision, wanted: Configuration = WANTED) -> ServiceState:
    port.services.update(service, revision, wanted)
    assert port.services.wait(service, SECONDS) == ""
    return find(port, service)


def ask(port: Workspace, service: str, key: str | None = None, beside: Mapping[str, str] = NOTHING) -> dict[str, Any]:
    uri = find(port, service).scoring_uri
    assert uri is not None
    headers = {"Authorization": f"Bearer {key or port.services.keys(service)[0]}", **beside}
    response = requests.post(uri, headers=headers, json={}, timeout=30)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def test_one_that_is_not_there_is_none(port: Workspace, name: str) -> None:
    assert port.services.find(name) is None


def test_an_update_brings_all_of_a_revision_and_its_configuration(
    port: Workspace, service: str, revise: Revise
) -> None:
    revision = revise("second", "good-day", run_id="second", verdict="BLESSED")
    wanted = replace(WANTED, replicas=2, cpu_cores=0.25, max_concurrent_requests=3, scoring_timeout_ms=30_000)
    scaled = replace(
        wanted, autoscale_max_replicas=3, autoscale_target_utilization=50, enable_app_insights=True, replicas=1
    )
    state = bring(port, service, revision, scaled)
    assert (state.state, state.autoscaling) == (HEALTHY, True)
    assert_told(state, scaled)
    state = bring(port, service, revision, wanted)
    assert (state.state, state.autoscaling, state.autoscale_max_replicas) == (HEALTHY, False, None)
    assert state.models == (revision.model.id,)
    assert (state.environment, state.environment_version) == (revision.environment.name, revision.environment.version)
    assert state.tags == {"run_id": "second", "verdict": "BLESSED"}
    assert_told(state, wanted)
    answer = ask(port, service)
    assert (answer["model"], answer["greeting"]) == ("second", "good-day")


def assert_told(state: ServiceState, wanted: Configuration) -> None:
    """Of its configuration; not every SDK tells what the size of the machine decides."""
    known = state.model_dump(exclude_none=True)
    told = {key: value for key, value in asdict(wanted).items() if key in known}
    assert told == {key: known[key] for key in told}
    assert told.keys() >= ALWAYS_TOLD


def test_a_candidate_is_asked_beside_the_service_until_an_update_brings_it(
    port: Workspace, service: str, cluster: str, revise: Revise
) -> None:
    """A question to the candidate leads no later one there, as one by SDK v2's invoke() would."""
    before = bring(port, service, revise("live", run_id="1"))
    port.services.settle(service)
    assert port.services.staged(service) is None
    assert port.services.beside(service) == {}
    candidate = revise("candidate", run_id="2")
    port.services.stage(service, cluster, candidate, WANTED)
    assert port.services.wait(service, SECONDS) == ""
    staged = port.services.staged(service)
    assert staged is not None
    assert (staged.state.state, staged.state.models) == (HEALTHY, (candidate.model.id,))
    assert list(port.services.beside(service).values()) == [staged.state]
    assert ask(port, staged.keys_of, beside=staged.headers)["model"] == "candidate"
    assert ask(port, service)["model"] == "live"
    assert find(port, service) == before

    after = bring(port, service, candidate)
    assert (after.models, after.tags) == ((candidate.model.id,), {"run_id": "2"})
    assert port.services.staged(service) is None
    port.services.settle(service)
    assert ask(port, service)["model"] == "candidate"
    assert find(port, service) == after


def test_a_candidate_is_removed_and_the_service_left_alone(
    port: Workspace, service: str, cluster: str, revise: Revise, name: str
) -> None:
    before = find(port, service)
    for beside in (service, name):
        port.services.stage(beside, cluster, revise("refused"), WANTED)
        assert port.services.wait(beside, SECONDS) == ""
        port.services.unstage(beside)
        assert port.services.staged(beside) is None
        port.services.unstage(beside)
    assert find(port, service) == before
    assert port.services.find(name) is None


def test_tags_are_replaced_and_replicas_left_alone(port: Workspace, service: str, revise: Revise) -> None:
    before = bring(port, service, revise("tagged", run_id="1", verdict="BLESSED"))
    process = ask(port, service)["pid"]
    for tags in ({"run_id": "1", "proven": "yes"}, {"other": "tag"}, {}):
        port.services.set_tags(service, tags)
        assert find(port, service) == before.model_copy(update={"tags": tags})
    assert ask(port, service)["pid"] == process


def test_an_operation_under_way_is_in_the_way_of_another(
    port: Workspace, service: str, revise: Revise, tmp_path: Path
) -> None:
    gate, next_revision = tmp_path / "open", revise("next")
    port.services.update(service, revise(f"waits for {gate}"), WANTED)
    changes: list[Callable[[], None]] = [
        lambda: port.services.update(service, next_revision, WANTED),
        lambda: port.services.set_tags(service, {"run_id": "2"}),
        lambda: port.services.delete(service),
    ]
    try:
        for change in changes:
            with pytest.raises(Busy):
                change()
    finally:
        gate.touch()
    assert port.services.wait(service, SECONDS) == ""
    assert ask(port, service)["model"] == f"waits for {gate}"


def test_a_model_that_fails_to_load_is_told_by_wait_and_by_the_log(
    port: Workspace, service: str, revise: Revise
) -> None:
    port.services.update(service, revise("broken"), WANTED)
    said = port.services.wait(service, SECONDS)
    assert said
    assert "the weights are broken" in said + port.services.log(service, 200)
    assert ask(port, service, port.services.keys(service)[1])["model"] != "broken"
    assert bring(port, service, revise("sound again")).state == HEALTHY


def test_a_new_service_that_fails_is_there_as_failed_until_it_is_deleted(
    port: Workspace, cluster: str, service: str, revise: Revise, name: str
) -> None:
    port.services.create(name, cluster, revise("broken"), WANTED)
    assert port.services.wait(name, SECONDS)
    assert find(port, name).state == "Failed"
    assert set(port.services.on_cluster(cluster)) == {service, name}
    port.services.delete(name)
    assert port.services.find(name) is None
    assert port.services.on_cluster(cluster) == [service]


def test_gpus_that_are_kept_are_those_that_an_update_leaves(port: Workspace, service: str, revise: Revise) -> None:
    before, without = find(port, service), replace(WANTED, gpu_cores=0)
    assert port.services.kept_gpus(before, WANTED) == 0
    kept = port.services.kept_gpus(before, without)
    after = bring(port, service, revise("without"), without)
    assert (after.gpu_cores or 0) == kept
    assert port.services.kept_gpus(before.model_copy(update={"gpu_cores": None}), without) == 0


def test_either_key_opens_it_and_nothing_else(port: Workspace, service: str) -> None:
    primary, secondary = port.services.keys(service)
    assert primary != secondary
    assert ask(port, service, primary)["pid"]
    assert ask(port, service, secondary)["pid"]
    uri = find(port, service).scoring_uri
    assert uri is not None
    for headers in ({}, {"Authorization": f"Bearer {primary[:-1]}"}):
        assert requests.post(uri, headers=headers, json={}, timeout=30).status_code == 401


def test_a_key_that_is_regenerated_opens_it_no_longer(port: Workspace, service: str) -> None:
    primary, secondary = port.services.keys(service)
    port.services.regenerate_key(service, "primary")
    new, same = port.services.keys(service)
    assert (same, new != primary) == (secondary, True)
    assert ask(port, service, new)["pid"]
    with pytest.raises(AssertionError, match="key_auth_access_denied"):
        ask(port, service, primary)


def test_the_log_has_what_its_process_prints_up_to_the_lines_that_are_wanted(port: Workspace, service: str) -> None:
    model = ask(port, service)["model"]
    assert f"init with {model}" in port.services.log(service, 500)
    assert len(port.services.log(service, 2).splitlines()) == 2


def test_no_service_is_on_a_cluster_that_has_none(port: Workspace, service: str, name: str) -> None:
    assert service not in port.services.on_cluster(name)


def test_a_name_that_is_taken_is_refused(port: Workspace, service: str, cluster: str, revise: Revise) -> None:
    before, other = find(port, service), revise("another's")
    with pytest.raises(RequestError):
        port.services.create(service, cluster, other, WANTED)
    assert find(port, service) == before


def test_a_cluster_that_is_not_there_is_refused(port: Workspace, name: str, revise: Revise) -> None:
    with pytest.raises(RequestError):
        port.services.create(name, "nowhere", revise("lost"), WANTED)
    assert port.services.find(name) is None


def test_what_is_not_there_can_be_neither_changed_nor_asked(port: Workspace, name: str, revise: Revise) -> None:
    revision = revise("lost")
    calls: list[Callable[[], object]] = [
        lambda: port.services.update(name, revision, WANTED),
        lambda: port.services.set_tags(name, {}),
        lambda: port.services.log(name, 1),
        lambda: port.services.keys(name),
        lambda: port.services.regenerate_key(name, "primary"),
    ]
    for call in calls:
        with pytest.raises(DeploymentError, match=name):
            call()


def test_what_is_gone_already_needs_no_deleting(port: Workspace, name: str) -> None:
    """Somebody else may have been quicker: it is what was wanted."""
    port.services.delete(name)
    assert port.services.find(name) is None
