"""What a release does about a service that another run, or a lost connection, has left half changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import requests

from config.errors import DeploymentError, SmokeTestError
from config.settings import Settings, load_settings
from steps.artifacts.candidate import Candidate, Signature
from steps.artifacts.deployment import Deployment
from steps.artifacts.verdict import Verdict
from workspaces.environments import Environment
from workspaces.models import ModelVersion
from workspaces.services import Revision, ServiceState

if TYPE_CHECKING:
    from azureml.core import Experiment, Model, Workspace
    from azureml.core.compute import AksCompute
    from azureml.core.model import InferenceConfig

    from workspaces.v1.workspace import V1Workspace

TAGS = dict.fromkeys(("model_version", "model_hash", "environment", "service_config_hash", "scoring_hash"), "x")


@pytest.fixture
def settings(cluster: AksCompute) -> Settings:
    name = f"half-{uuid4().hex[:8]}"
    values = {"service.name": name, "service.replicas": "1", "cluster.name": cluster.name, "service.cpu_cores": "0.1"}
    return load_settings("local", values | {"service.lease_wait_seconds": "0"}, environ={})


@pytest.fixture
def revision(port: V1Workspace, tmp_path: Path) -> Callable[..., Revision]:
    """Makes what a service is to run: a model version, with the echo as its scoring code."""
    (tmp_path / "scoring").mkdir()
    shutil.copy(Path(__file__).parents[1] / "echo_score.py", tmp_path / "scoring" / "score.py")
    plain = Environment("echo", "FROM python\n", "dependencies: [python=3.11]\n", {"ECHO_GREETING": "hello"})
    environment = port.environments.register(plain)

    def make(version: ModelVersion, run_id: str) -> Revision:
        return Revision(version, environment, tmp_path, "scoring/score.py", TAGS | {"run_id": run_id})

    return make


@pytest.fixture
def version(port: V1Workspace, model: Callable[[str], Model]) -> Callable[[str], ModelVersion]:
    """Registers a model version with the given content."""

    def register(content: str) -> ModelVersion:
        made = model(content)
        return next(one for one in port.models.versions(made.name) if one.version == made.version)

    return register


def candidate_of(version: ModelVersion, run_id: str) -> Candidate:
    return Candidate(
        model_name=version.name,
        model_version=version.version,
        content_hash="a" * 64,
        frozen_hash=None,
        signature=Signature(input_name="jpegs", input_kind="jpeg", outputs=("classes",)),
        validation_data="amlgpu/validation/x",
        source="latest",
        reused=True,
        git_commit="c",
        config_hash="d",
        run_id=run_id,
    )


def verdict_of(candidate: Candidate) -> Verdict:
    return Verdict(
        status="BLESSED",
        model_name=candidate.model_name,
        model_version=candidate.model_version,
        content_hash=candidate.content_hash,
        environment="echo",
        precision="float32",
        checks=(),
        metrics={},
        answers=(),
        run_id=candidate.run_id,
    )


def plan_of(candidate: Candidate, settings: Settings) -> Deployment:
    return Deployment(
        service_name=settings.service.name,
        action="unchanged",
        model_name=candidate.model_name,
        model_version=candidate.model_version,
        environment="echo",
        scoring_uri="",
        replicas=1,
        verdict="BLESSED",
        forced_reason=None,
        previous=None,
        answers=(),
        tags=TAGS | {"model_version": str(candidate.model_version), "run_id": candidate.run_id},
        run_id=candidate.run_id,
    )


def deploy(port: V1Workspace, settings: Settings, revision: Revision, run_id: str) -> Deployment:
    from steps.rollout.deploying import deploy
    from steps.rollout.lease import Lease

    candidate = candidate_of(revision.model, run_id)
    lease = Lease.acquire(port, settings.service.name, run_id, settings.service)
    try:
        verdict, plan = verdict_of(candidate), plan_of(candidate, settings)
        return deploy(port, lease, revision, candidate, verdict, plan, settings)
    finally:
        lease.give_up()


def test_a_connection_lost_in_the_middle_is_a_failure_that_is_put_back(
    port: V1Workspace,
    settings: Settings,
    revision: Callable[..., Revision],
    version: Callable[[str], ModelVersion],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also while the deployment still goes on, when Azure ML answers everything else with 409."""
    from azureml.core.webservice import AksWebservice

    from steps.rollout.lease import Lease

    def lost(*_: object, **__: object) -> None:
        raise requests.ConnectionError("connection reset")

    monkeypatch.setattr(AksWebservice, "wait_for_deployment", lost)
    with pytest.raises(DeploymentError, match=r"connection reset\nthere was no service .* so it was removed"):
        deploy(port, settings, revision(version("one"), "run-1"), "run-1")

    assert port.services.find(settings.service.name) is None
    assert Lease.acquire(port, settings.service.name, "run-2", settings.service).claim.before is None


def test_nobody_stands_back_for_a_newer_version_that_its_run_left_unproven(
    port: V1Workspace,
    experiment: Experiment,
    settings: Settings,
    revision: Callable[..., Revision],
    version: Callable[[str], ModelVersion],
) -> None:

    older, newer = version("one"), version("two")
    run = experiment.start_logging(snapshot_directory=None)
    assert deploy(port, settings, revision(newer, run.id), run.id).action == "created"

    assert deploy(port, settings, revision(older, "run-2"), "run-2").action == "superseded"
    run.fail()
    assert deploy(port, settings, revision(older, "run-2"), "run-2").action == "updated"

    state = port.services.find(settings.service.name)
    assert state is not None
    assert state.models == (older.id,)
    port.services.delete(settings.service.name)


def test_a_service_whose_images_are_gone_is_put_back_and_not_blamed(
    port: V1Workspace, settings: Settings, revision: Callable[..., Revision], version: Callable[[str], ModelVersion]
) -> None:
    from steps.smoke_test import smoke_test

    first = version("one")
    deployment = deploy(port, settings, revision(first, "run-1"), "run-1")

    with pytest.raises(SmokeTestError) as caught:
        smoke_test(port, candidate_of(first, "run-1"), deployment, settings, "run-1")

    done, why = str(caught.value).splitlines()
    name = settings.service.name
    assert done.startswith(f"nothing could be proven about service {name}; there was no service {name} before")
    assert why.startswith("the validation images couldn't be read: amlgpu/validation/x: no such folder")


def test_a_release_that_fell_ill_before_its_smoke_test_is_put_back(
    port: V1Workspace,
    settings: Settings,
    revision: Callable[..., Revision],
    version: Callable[[str], ModelVersion],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody else changed it: it has the release's own tags, as a service has whose replicas crash."""
    from steps import smoke_test
    from steps.rollout.service import wait_idle

    first = version("one")
    deployment = deploy(port, settings, revision(first, "run-1"), "run-1")

    def crashing(*arguments: Any) -> ServiceState | None:
        state = wait_idle(*arguments)
        return state and state.model_copy(update={"state": "Unhealthy"})

    monkeypatch.setattr(smoke_test, "wait_idle", crashing)
    with pytest.raises(SmokeTestError, match=r"failed its smoke test; .* so it was removed\nits state is Unhealthy"):
        smoke_test.smoke_test(port, candidate_of(first, "run-1"), deployment, settings, "run-1")

    assert port.services.find(settings.service.name) is None


def test_a_release_ends_the_rollback_that_was_under_way(
    port: V1Workspace, settings: Settings, revision: Callable[..., Revision], version: Callable[[str], ModelVersion]
) -> None:
    """After it, `amlgpu rollback` goes to what was proven last again."""
    from steps.rollout.lease import Lease
    from steps.rollout.lease_file import Before

    name = settings.service.name
    killed = Lease.acquire(port, name, "run-0", settings.service)
    killed.record(Before(state=None, back_to="run-of-long-ago"))
    killed.give_up()

    deploy(port, settings, revision(version("one"), "run-1"), "run-1")

    assert Lease.acquire(port, name, "run-2", settings.service).claim.before == Before(state=None)
    port.services.delete(name)


def test_the_plan_says_whether_what_is_live_was_proven_and_who_is_at_it(
    port: V1Workspace,
    experiment: Experiment,
    settings: Settings,
    revision: Callable[..., Revision],
    version: Callable[[str], ModelVersion],
) -> None:
    from pipelines.live.plan import proven_item
    from steps.rollout.lease import Lease
    from steps.rollout.lease_file import LeaseFile

    name, file = settings.service.name, LeaseFile(port, settings.service.name)
    run = experiment.start_logging(snapshot_directory=None)
    deploy(port, settings, revision(version("one"), run.id), run.id)
    state = port.services.find(name)
    assert state is not None

    def live() -> str | None:
        _, claim = file.read()
        return proven_item(port, state, claim, file.holder_of(claim)).live

    assert live() == f"no: the run {run.id} is at it"  # between its steps it holds nothing
    run.fail()
    assert live() == f"no: the run {run.id} ended without proving it"
    lease = Lease.acquire(port, name, "amlgpu rollback x", settings.service)
    assert live() == "no: amlgpu rollback x is at it"
    lease.release(proven=True)
    assert live() == "yes"
    port.services.delete(name)


def test_a_run_that_has_nothing_to_release_removes_what_was_staged_and_keeps_the_way_back(
    port: V1Workspace,
    cluster: AksCompute,
    settings: Settings,
    revision: Callable[..., Revision],
    version: Callable[[str], ModelVersion],
) -> None:
    from steps.rollout.configuration import configuration
    from steps.rollout.lease import Lease
    from steps.rollout.staging import STAGED_FOR, is_staged, staged_name

    first, name = version("one"), settings.service.name
    deploy(port, settings, revision(first, "run-1"), "run-1")
    Lease.acquire(port, name, "run-1", settings.service).release(proven=True)
    left = replace(revision(first, "run-0"), tags={STAGED_FOR: name})
    port.services.create(staged_name(name), cluster.name, left, configuration(settings))

    assert deploy(port, settings, revision(first, "run-2"), "run-2").action == "unchanged"

    assert not is_staged(port, name)
    state = port.services.find(name)
    assert state is not None
    assert state.tags["run_id"] == "run-2"  # run-1 has kept nothing that the service could be put back to
    port.services.delete(name)


def test_what_somebody_scaled_by_hand_is_brought_back_to_the_settings(
    workspace: Workspace,
    port: V1Workspace,
    settings: Settings,
    revision: Callable[..., Revision],
    version: Callable[[str], ModelVersion],
) -> None:
    """`amlgpu plan` compares by the same function."""
    from azureml.core.webservice import AksWebservice

    from steps.rollout.resources import changed_resources

    first = version("one")
    deploy(port, settings, revision(first, "run-1"), "run-1")
    assert deploy(port, settings, revision(first, "run-2"), "run-2").action == "unchanged"
    service = AksWebservice(workspace, settings.service.name)
    service.update(autoscale_enabled=True, autoscale_min_replicas=2, scoring_timeout_ms=1000)
    service.wait_for_deployment()

    def changed(given: Settings, **untold: None) -> list[str]:
        state = port.services.find(settings.service.name)
        assert state is not None
        return [one.name for one in changed_resources(port, state.model_copy(update=untold), given)]

    assert changed(settings) == ["replicas", "timeout, ms", "autoscaling"]

    assert deploy(port, settings, revision(first, "run-3"), "run-3").action == "updated"

    assert changed(settings) == []
    without = {"service.enable_gpu": "false", "service.gpu_cores": "0", "service.replicas": "1"}
    on_cpus = load_settings("local", without | {"service.cpu_cores": "0.1"}, environ={})
    assert changed(on_cpus) == []  # what a failed release brought: no update takes it away
    assert changed(settings, max_queue_wait_ms=None) == []  # set again by every run otherwise
    port.services.delete(settings.service.name)


@pytest.mark.parametrize("ours", [True, False])
def test_only_what_was_staged_is_removed(
    workspace: Workspace,
    port: V1Workspace,
    cluster: AksCompute,
    settings: Settings,
    scoring: InferenceConfig,
    model: Callable[[str], Model],
    ours: bool,
) -> None:
    """Somebody's own service may well be called NAME-staged."""
    from azureml.core import Model
    from azureml.core.webservice import AksWebservice

    from steps.rollout.staging import remove_staged, staged_name

    name = staged_name(settings.service.name)
    tags = {"staged_for": settings.service.name} if ours else {"team": "tests"}
    one = AksWebservice.deploy_configuration(num_replicas=1, autoscale_enabled=False, tags=tags)
    service = Model.deploy(workspace, name, [model("one")], scoring, one, cluster)
    if not ours:
        service.wait_for_deployment()

    remove_staged(port, settings.service.name, settings)

    assert (port.services.find(name) is None) is ours
    if not ours:
        service.delete()


def test_an_update_waits_for_the_operation_under_way(
    port: V1Workspace,
    cluster: AksCompute,
    settings: Settings,
    revision: Callable[..., Revision],
    version: Callable[[str], ModelVersion],
) -> None:
    from steps.rollout.configuration import configuration
    from steps.rollout.service import check_gpus, update, update_tags, wait_healthy

    name, wanted = settings.service.name, configuration(settings)
    port.services.create(name, cluster.name, revision(version("one"), "run-1"), wanted)
    newer = version("two")

    update(port, name, revision(newer, "run-2"), wanted, seconds=60)
    update_tags(port, name, {"run_id": "run-3"}, seconds=60)
    state = wait_healthy(port, name, seconds=60)

    assert (state.models, state.tags) == ((newer.id,), {"run_id": "run-3"})
    on_cpus = replace(wanted, gpu_cores=0)
    with pytest.raises(DeploymentError, match="has 1 GPU a replica and an update can't take them away"):
        check_gpus(port, name, state, on_cpus)
    update(port, name, revision(newer, "run-1"), on_cpus, seconds=60)  # a rollback: better with an idle GPU than not
    state = wait_healthy(port, name, seconds=60)
    assert (state.tags["run_id"], state.gpu_cores) == ("run-1", 1)
    port.services.delete(name)


def test_a_verdict_leaves_the_marks_that_another_run_made_while_it_measured(
    port: V1Workspace,
    settings: Settings,
    version: Callable[[str], ModelVersion],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Without them, `latest` could go back behind what was released."""
    from pipelines.run import upload_validation_data
    from steps import validate_model
    from steps.registration.versions import find_version, mark

    first, images = version("one"), tmp_path / "images"
    images.mkdir()
    (images / "labels.csv").write_text("file,label\n1.jpg,1\n")
    (images / "1.jpg").write_bytes(b"not measured")
    of_images = {"validation_data": upload_validation_data(port, images)}

    def released_meanwhile(*_: object) -> validate_model.Rival:
        mark(port, first.name, first.version, {"released_by": "run-1"})
        return validate_model.Rival(reason="nothing is served")

    monkeypatch.setattr(validate_model, "measure_rival", released_meanwhile)
    candidate = candidate_of(first, "run-2").model_copy(update=of_images)
    validate_model.validate(port, candidate, settings, 0, settings.service.name, "run-2", tmp_path)

    marked = find_version(port, first.name, first.version).tags
    assert (marked["released_by"], marked["verdict"]) == ("run-1", "NOT_BLESSED")
