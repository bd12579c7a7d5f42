"""What a release does about a service that another run, or a lost connection, has left half changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import requests

from config.errors import DeploymentError, SmokeTestError
from config.settings import Settings
from tests.integration.steps.releasing import candidate_of, deploy
from workspaces.models import ModelVersion
from workspaces.services import Revision, ServiceState

if TYPE_CHECKING:
    from azureml.core import Experiment

    from workspaces.v1.workspace import V1Workspace


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
    run = experiment.start_logging(snapshot_directory=None, outputs=False)
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
    assert why.startswith("the validation samples couldn't be read: amlgpu/validation/x: no such folder")


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
    run = experiment.start_logging(snapshot_directory=None, outputs=False)
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
