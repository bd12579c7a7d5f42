from pathlib import Path
from unittest.mock import NonCallableMock

import pytest

from config.errors import DeploymentError, TamperedError
from config.settings import load_settings
from pipelines.live import rollback
from pipelines.live.rollback import run_before
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.rollout.lease_file import Before
from steps.rollout.released import Released
from workspaces.services import ServiceState

SETTINGS = load_settings("local", environ={})


def state(run_id: str, replaces: str | None, health: str = "Healthy") -> ServiceState:
    tags = {"run_id": run_id} | ({"replaces": replaces} if replaces else {})
    unknown = dict.fromkeys(
        (
            *("environment", "environment_version", "replicas", "cpu_cores", "memory_gb", "gpu_cores", "scoring_uri"),
            *("max_concurrent_requests", "max_queue_wait_ms", "scoring_timeout_ms"),
        )
    )
    return ServiceState.model_validate({"state": health, "models": ("digits:2",), "tags": tags, **unknown})


def test_a_proven_release_goes_back_to_what_it_replaced() -> None:
    assert run_before(SETTINGS, state("run-2", "run-1"), None) == "run-1"


def test_one_that_was_never_proven_goes_back_to_what_was() -> None:
    assert run_before(SETTINGS, state("run-3", "run-2"), Before(state=state("run-2", "run-1"))) == "run-2"


def test_what_was_put_back_half_is_put_back_and_not_one_release_more() -> None:
    assert run_before(SETTINGS, state("run-2", "run-1", "Failed"), Before(state=state("run-2", "run-1"))) == "run-2"


@pytest.mark.parametrize("left", [state("run-2", "run-1"), state("run-1", "run-0"), state("run-1", None, "Failed")])
def test_a_rollback_that_was_killed_is_done_again(left: ServiceState) -> None:
    """Not undone, and not one release more, wherever it was killed."""
    assert run_before(SETTINGS, left, Before(state=state("run-2", "run-1"), back_to="run-1")) == "run-1"


def test_a_change_that_never_began_leaves_nothing_unproven() -> None:
    assert run_before(SETTINGS, state("run-2", "run-1"), Before(state=state("run-2", "run-1"))) == "run-1"


def test_a_first_release_has_nothing_to_go_back_to() -> None:
    with pytest.raises(DeploymentError, match="replaced nothing: name a version that was released before with --to"):
        run_before(SETTINGS, state("run-1", None), None)


def test_a_tag_that_leads_to_the_release_of_another_version_is_not_followed(
    candidate: Candidate, deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = Released(candidate, deployment, tmp_path)
    monkeypatch.setattr(rollback, "read_released", lambda *_: released)
    monkeypatch.setattr(rollback, "is_proven", lambda *_: True)
    workspace, other = NonCallableMock(sdk="v1"), deployment.model_version + 1

    for asked in (None, deployment.model_version):
        assert rollback._released(workspace, "run-1", asked, tmp_path) is released
    with pytest.raises(TamperedError, match=f"of version {other} names the run run-1, which released"):
        rollback._released(workspace, "run-1", other, tmp_path)
