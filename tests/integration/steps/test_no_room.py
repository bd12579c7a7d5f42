"""A release that the cluster has no room for, whatever the checks before it foresaw."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azureml_emulator.command.client import ask
from config.errors import DeploymentError
from config.settings import Settings
from steps.artifacts.release import Query
from tests.integration.emulator.waiting import until
from tests.integration.steps.releasing import TAGS, candidate_of, deploy
from tests.integration.steps.stepwise import Pipeline
from workspaces.models import ModelVersion
from workspaces.services import Revision

if TYPE_CHECKING:
    from workspaces.v1.workspace import V1Workspace


@pytest.fixture(autouse=True)
def unforeseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something that Azure ML knows nothing of holds the nodes, as pods of the cluster's other users do."""
    from steps.rollout import deploying

    monkeypatch.setattr(deploying, "check_room", lambda *_: [])


def larger(settings: Settings, **values: float) -> Settings:
    return settings.model_copy(update={"service": settings.service.model_copy(update=values)})


def test_an_update_that_waits_for_room_in_vain_is_put_back(
    port: V1Workspace,
    settings: Settings,
    revision: Callable[..., Revision],
    version: Callable[[str], ModelVersion],
    pipeline: Pipeline,
    local_workspace_folder: Path,
) -> None:
    from steps.registration.saved_model import content_hash
    from steps.rollout import put_back
    from steps.rollout.lease import Lease
    from steps.rollout.released import keep_code

    first, name = version("one"), settings.service.name
    released = revision(first, pipeline.run.id)
    code = released.source / "kept"
    code.mkdir()
    (released.source / "scoring").rename(code / "scoring")
    tags = TAGS | {"scoring_hash": content_hash(code), "run_id": pipeline.run.id}
    pipeline.patch.setattr("tests.integration.steps.releasing.TAGS", tags)
    pipeline.write(candidate_of(first, pipeline.run.id), "register_model")
    keep_code(pipeline.begin("deploy_service"), code)
    released = replace(released, source=code, tags=tags)
    pipeline.write(deploy(port, settings, released, pipeline.run.id), "deploy_service")
    Lease.acquire(port, name, pipeline.run.id, settings.service).release(proven=True)
    asked: list[str] = []

    def answers(_: object, service: str, *_more: object) -> tuple[tuple[Query, ...], tuple[()]]:
        asked.append(service)
        return (Query(name="answers", passed=True, detail="as before"),), ()

    def pass_five_minutes() -> None:
        until(lambda: "Waits for room for 5 minutes" in port.services.log(name, 50), "the update to wait for room")
        ask(local_workspace_folder, "POST", "/own/clock", {"advance": 300})

    pipeline.patch.setattr(put_back, "ask", answers)
    update = replace(revision(version("two"), "run-2"), source=code)
    with ThreadPoolExecutor(1) as pool:
        passing = pool.submit(pass_five_minutes)
        with pytest.raises(DeploymentError) as caught:
            deploy(port, larger(settings, cpu_cores=64, memory_gb=900), update, "run-2")
        passing.result()

    why, done = str(caught.value).splitlines()
    assert why.startswith(f"service {name} was not deployed: no node of the cluster has room for a replica: too little")
    assert "CPU on 4 of 4 nodes (service.cpu_cores)" in why
    assert "memory on 4 of 4 nodes (service.memory_gb)" in why
    assert (done, asked) == (f"{name} was put back to {first.id}, and passed 1 queries", [name])
    state = port.services.find(name)
    assert state is not None
    assert (state.state, state.models, state.cpu_cores) == ("Healthy", (first.id,), settings.service.cpu_cores)
    port.services.delete(name)


def test_a_service_that_azure_ml_refuses_at_once_leaves_nothing_behind(
    port: V1Workspace, settings: Settings, revision: Callable[..., Revision], version: Callable[[str], ModelVersion]
) -> None:
    with pytest.raises(DeploymentError, match=r"no node .* for 1 of its replicas: CPU or memory is short") as caught:
        deploy(port, larger(settings, cpu_cores=64), revision(version("one"), "run-1"), "run-1")

    assert "so it was removed" in str(caught.value)
    assert port.services.find(settings.service.name) is None
