"""Services of a test's own, and what they are to run."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from config.settings import Settings, load_settings
from steps.artifacts.candidate import Candidate
from steps.artifacts.verdict import Check, Verdict
from steps.scoring_environment import scoring_environment
from tests.integration.steps.releasing import TAGS, candidate_of, verdict_of
from tests.integration.steps.stepwise import Pipeline
from workspaces.environments import Environment
from workspaces.models import ModelVersion
from workspaces.services import Revision, ServiceState

if TYPE_CHECKING:
    from azureml.core import Experiment, Model
    from azureml.core.compute import AksCompute

    from workspaces.v1.workspace import V1Workspace

CHECK = Check(name="accuracy_floor", outcome="fail", measured=0.1, threshold=0.9)


@pytest.fixture
def settings(cluster: AksCompute) -> Settings:
    name = f"half-{uuid4().hex[:8]}"
    values = {"service.name": name, "service.replicas": "1", "cluster.name": cluster.name, "service.cpu_cores": "0.1"}
    return load_settings("local", values | {"service.lease_wait_seconds": "0"}, environ={})


@pytest.fixture
def state() -> ServiceState:
    """A service as Azure ML tells of it, without tags."""
    unknown = dict.fromkeys(ServiceState.model_fields.keys() - {"autoscaling"})
    return ServiceState.model_validate(unknown | {"state": "Healthy", "models": ("echo:1",), "tags": {}})


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


@pytest.fixture
def pipeline(experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    run = experiment.start_logging(snapshot_directory=None, outputs=False)
    monkeypatch.setenv("AMLGPU_TARGET", "local")
    yield Pipeline(run, tmp_path, monkeypatch)
    run.complete()


@pytest.fixture
def candidate(version: Callable[[str], ModelVersion], pipeline: Pipeline) -> Candidate:
    return candidate_of(version("one"), pipeline.run.id)


@pytest.fixture
def refused(candidate: Candidate) -> Verdict:
    """A verdict that keeps the candidate from being deployed."""
    environment = scoring_environment(load_settings("local", environ={}), "float32").name
    return verdict_of(candidate).model_copy(
        update={"status": "NOT_BLESSED", "checks": (CHECK,), "environment": environment}
    )
