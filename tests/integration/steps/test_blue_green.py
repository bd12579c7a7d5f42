"""Releases through SDK v2: what takes the traffic was asked before, and what had it is the way back."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import requests

from config.errors import DeploymentError, SmokeTestError
from config.settings import Settings, load_settings
from steps.artifacts.deployment import Deployment
from steps.rollout.configuration import configuration
from steps.rollout.released import Released
from tests.integration.emulator.client import Client, constant_load
from tests.integration.emulator.waiting import Emulator, until
from tests.integration.steps.asking import Asked
from tests.integration.steps.releasing import TAGS, candidate_of, deploy
from workspaces.environments import Environment
from workspaces.services import Revision, ServiceState

if TYPE_CHECKING:
    from workspaces.v2.workspace import V2Workspace

Revise = Callable[..., Revision]
CLIENTS = 16
PAUSE_SECONDS = 0.1
ANSWERS = 50
"""Enough of them to have come from every client."""


@pytest.fixture(scope="module")
def port(emulator: Emulator) -> Iterator[V2Workspace]:
    with pytest.MonkeyPatch.context() as patch:
        for key, value in emulator.environment.items():
            patch.setenv(key, value)
        from workspaces.v2.workspace import sign_in

        yield sign_in(load_settings("local-v2", environ={}).workspace)


@pytest.fixture(scope="module")
def settings(port: V2Workspace) -> Iterator[Settings]:
    name = f"colors-{uuid4().hex[:8]}"
    values = {"service.name": name, "service.replicas": "1", "service.lease_wait_seconds": "0"}
    yield load_settings("local-v2", values, environ={})
    port.services.delete(name)


@pytest.fixture(scope="module")
def revise(port: V2Workspace, tmp_path_factory: pytest.TempPathFactory) -> Revise:
    """Registers a model of this content; what the service is to run of it, released by this run."""
    root = tmp_path_factory.mktemp("code")
    (root / "scoring").mkdir()
    shutil.copy(Path(__file__).parents[1] / "echo_score.py", root / "scoring" / "score.py")
    plain = Environment("colors", "FROM python\n", "dependencies: [python=3.11]\n", {"ECHO_GREETING": "hello"})
    environment = port.environments.register(plain)

    def make(content: str, run_id: str) -> Revision:
        folder = tmp_path_factory.mktemp("registered") / "model"
        folder.mkdir()
        (folder / "content.txt").write_text(content)
        version = port.models.register("colors", folder, {})
        return Revision(version, environment, root, "scoring/score.py", TAGS | {"run_id": run_id})

    return make


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    stand_in = Asked()
    for module in ("steps.rollout.staging", "steps.rollout.put_back", "steps.smoke_test"):
        monkeypatch.setattr(f"{module}.ask", stand_in)
    return stand_in


@pytest.fixture
def unmarked(monkeypatch: pytest.MonkeyPatch) -> None:
    """No release of a real run."""
    monkeypatch.setattr("steps.smoke_test.mark", lambda *_: None)
    monkeypatch.setattr("steps.smoke_test._release", lambda *_: None)


@pytest.fixture(scope="module")
def kept() -> Iterator[dict[str, Released]]:
    """What runs released, by their ids, in the place of what they would have kept."""
    releases: dict[str, Released] = {}

    def released_as(_workspace: object, _name: str, state: ServiceState, _folder: Path) -> Released | None:
        return releases.get(state.tags.get("run_id", ""))

    with pytest.MonkeyPatch.context() as patch:
        for module in ("steps.rollout.deploying", "steps.rollout.put_back"):
            patch.setattr(f"{module}.released_as", released_as)
        yield releases


def release(port: V2Workspace, settings: Settings, revision: Revision, kept: dict[str, Released]) -> Deployment:
    run_id = revision.tags["run_id"]
    deployment = deploy(port, settings, revision, run_id)
    known = deployment.model_copy(update={"variables": dict(revision.environment.variables)})
    kept[run_id] = Released(candidate_of(revision.model, run_id), known, revision.source)
    return known


def prove(port: V2Workspace, settings: Settings, revision: Revision, deployment: Deployment) -> None:
    from steps.smoke_test import smoke_test

    smoke_test(port, candidate_of(revision.model, deployment.run_id), deployment, settings, deployment.run_id)


def live(port: V2Workspace, settings: Settings) -> ServiceState:
    state = port.services.find(settings.service.name)
    assert state is not None
    return state


def deployments(port: V2Workspace, settings: Settings) -> list[str]:
    return [one.name for one in port._connection.ml.online_deployments.list(settings.service.name)]


@pytest.mark.usefixtures("unmarked")
def test_releases_change_places_and_go_back_by_traffic(
    port: V2Workspace,
    settings: Settings,
    revise: Revise,
    asked: Asked,
    kept: dict[str, Released],
) -> None:
    first, second, third = (revise(content, f"run-{content}") for content in ("one", "two", "three"))

    # The first is asked before anybody can reach it, and serves.
    deployment = release(port, settings, first, kept)
    assert (deployment.action, asked.answers[0]["model"]) == ("created", "one")
    prove(port, settings, first, deployment)
    assert live(port, settings).models == (first.model.id,)
    assert deployments(port, settings) == ["blue"]
    process = asked.answers[-1].get("pid")

    # A candidate that answers wrongly gets no traffic, and is gone.
    asked.refused = {("two", True)}
    with pytest.raises(SmokeTestError, match=r"staged beside .* failed 1 queries; production wasn't touched"):
        release(port, settings, second, kept)
    assert (live(port, settings).tags["run_id"], deployments(port, settings)) == ("run-one", ["blue"])

    # One that only fails with the traffic gives it back to the deployment that had it, with its processes.
    asked.refused = {("two", False)}
    deployment = release(port, settings, second, kept)
    assert (deployment.action, live(port, settings).models) == ("updated", (second.model.id,))
    assert sorted(deployments(port, settings)) == ["blue", "green"]
    with pytest.raises(SmokeTestError, match=f"was put back to {first.model.id}, and passed 1 queries"):
        prove(port, settings, second, deployment)
    assert (live(port, settings).tags["run_id"], deployments(port, settings)) == ("run-one", ["blue"])
    assert asked.answers[-1].get("pid") == process

    # A run that is killed before it is proven leaves the next one the same way back.
    asked.refused = set()
    release(port, settings, second, kept)
    asked.refused = {("three", False)}
    deployment = release(port, settings, third, kept)
    assert deployment.proven is not None
    assert deployment.proven.models == (first.model.id,)
    with pytest.raises(SmokeTestError, match=f"was put back to {first.model.id}"):
        prove(port, settings, third, deployment)
    assert live(port, settings).models == (first.model.id,)
    assert len(deployments(port, settings)) == 1

    # Where it is to be kept, what ran before stays without traffic; the same release again changes nothing.
    keeping = settings.model_copy(update={"service": settings.service.model_copy(update={"keep_previous": True})})
    asked.refused = set()
    deployment = release(port, keeping, second, kept)
    prove(port, keeping, second, deployment)
    assert len(deployments(port, settings)) == 2
    assert (
        deploy(port, settings, replace(second, tags={**second.tags, "run_id": "again"}), "again").action == "unchanged"
    )


@pytest.mark.usefixtures("unmarked")
def test_after_somebody_gave_the_traffic_back_by_hand_a_release_has_its_way_back(
    port: V2Workspace, settings: Settings, revise: Revise, asked: Asked, kept: dict[str, Released]
) -> None:
    keeping = settings.model_copy(update={"service": settings.service.model_copy(update={"keep_previous": True})})
    older, newer = (revise(content, f"run-{content}") for content in ("older", "newer"))
    for revision in (older, newer):
        prove(port, keeping, revision, release(port, keeping, revision, kept))
    endpoints, name = port._connection.ml.online_endpoints, settings.service.name
    changed = endpoints.get(name)
    changed.traffic = {color: 100 - share for color, share in changed.traffic.items()}
    endpoints.begin_create_or_update(changed).result()

    newest = revise("newest", "run-newest")
    deployment = release(port, settings, newest, kept)

    assert (deployment.action, deployment.tags["replaces"]) == ("updated", "run-older")
    assert deployment.previous is not None
    assert (deployment.previous.models, deployment.previous.tags["run_id"]) == ((older.model.id,), "run-older")
    asked.refused = {("newest", False)}
    with pytest.raises(SmokeTestError, match=f"was put back to {older.model.id}"):
        prove(port, settings, newest, deployment)


def test_a_model_that_does_not_load_touches_nothing(
    port: V2Workspace, settings: Settings, revise: Revise, asked: Asked, kept: dict[str, Released]
) -> None:
    before = port.services.find(settings.service.name)
    with pytest.raises(DeploymentError, match="was not deployed"):
        release(port, settings, revise("broken", "run-broken"), kept)
    assert port.services.find(settings.service.name) == before
    assert asked.answers == []


@pytest.mark.parametrize("by_another", [True, False], ids=["taken", "own"])
@pytest.mark.parametrize("refused", [True, False], ids=["failed", "proven"])
def test_a_run_that_lost_its_turn_while_it_asked_removes_its_own_candidate_alone(
    port: V2Workspace,
    settings: Settings,
    revise: Revise,
    asked: Asked,
    kept: dict[str, Released],
    by_another: bool,
    refused: bool,
) -> None:
    """Whoever took over may have staged its own under the same name by then."""
    from steps.rollout.lease import Lease
    from steps.rollout.lease_file import Claim, LeaseFile

    name = settings.service.name
    file = LeaseFile(port, name)
    release(port, settings, revise("there", "run-there"), kept)
    before = live(port, settings)

    def take_over() -> None:
        etag, claim = file.read()
        assert claim is not None
        assert file.write(Claim(holder="run-other", expires=file.after(600), before=claim.before), etag)
        if by_another:
            port.services.unstage(name)
            port.services.stage(name, settings.cluster.name, revise("other", "run-other"), configuration(settings))
            assert port.services.wait(name, 60) == ""

    asked.then, asked.refused = take_over, {("late", True)} if refused else set()
    with pytest.raises(SmokeTestError if refused else DeploymentError, match=r"failed 1 queries|lost its lease"):
        release(port, settings, revise("late", "run-late"), kept)
    assert live(port, settings) == before
    staged = port.services.staged(name)
    assert (staged.state.tags["run_id"] if staged else None) == ("run-other" if by_another else None)

    Lease.acquire(port, name, "run-other", settings.service).give_up()
    port.services.unstage(name)


def test_an_endpoint_that_the_next_run_has_just_made_is_not_removed(port: V2Workspace, settings: Settings) -> None:
    port.services._make(name := "justmade", settings.cluster.name, configuration(settings))  # its code isn't there yet
    port.services.unstage(name, "run-late")
    assert port.services._find(name)
    port.services.unstage(name)
    assert port.services._find(name) is None


@pytest.mark.usefixtures("unmarked")
def test_no_request_is_lost_on_the_way_there_and_back(
    port: V2Workspace, settings: Settings, revise: Revise, asked: Asked, kept: dict[str, Released]
) -> None:
    good, bad = (revise(content, f"run-{content}") for content in ("good", "bad"))
    prove(port, settings, good, release(port, settings, good, kept))
    asked.refused = {("bad", False)}
    client = Client(str(live(port, settings).scoring_uri), port.services.keys(settings.service.name)[0])

    with constant_load(client, CLIENTS, PAUSE_SECONDS) as answers:

        def answered(model: str, since: int) -> bool:
            return sum(_model(one) == model for one in answers[since:]) >= ANSWERS

        until(lambda: answered("good", 0), "what serves to answer")
        deployment = release(port, settings, bad, kept)
        until(lambda: answered("bad", 0), "the candidate to answer")
        with pytest.raises(SmokeTestError, match=f"was put back to {good.model.id}, and passed 1 queries"):
            prove(port, settings, bad, deployment)
        since = len(answers)
        until(lambda: answered("good", since), "what ran before to answer again")

    print(f"\n{len(answers)} requests of {CLIENTS} clients, by model: {dict(Counter(map(_model, answers)))}")
    assert [one for one in answers if one[0] != requests.codes.ok] == []
    assert {_model(one) for one in answers} == {"good", "bad"}
    assert {_model(one) for one in answers[since + CLIENTS :]} == {"good"}  # a request each may have been under way


def _model(answer: tuple[int, str]) -> str:
    """The model that answered, or what was said in its place."""
    status, text = answer
    return str(json.loads(text)["model"]) if status == requests.codes.ok else text
