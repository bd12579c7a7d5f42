"""What a step does about an artifact that somebody changed on the datastore after the step before wrote it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from config.errors import TamperedError
from config.settings import load_settings
from steps.artifacts.candidate import Candidate
from steps.artifacts.verdict import Check, Verdict
from steps.scoring_environment import scoring_environment
from tests.integration.steps.releasing import candidate_of, step_of, verdict_of
from workspaces.models import ModelVersion

if TYPE_CHECKING:
    from azureml.core import Experiment, Run

    from steps.artifacts.artifact import Artifact
    from workspaces.v1.runs import V1Run

CHECK = Check(name="accuracy_floor", outcome="fail", measured=0.1, threshold=0.9)


@dataclass
class Pipeline:
    """A pipeline run whose steps are called one by one, each as the run that it would be."""

    run: Run
    work: Path
    patch: pytest.MonkeyPatch
    steps: dict[str, V1Run] = field(default_factory=dict)

    def begin(self, name: str) -> V1Run:
        if name not in self.steps:
            self.steps[name] = step_of(self.run, name)
        return self.steps[name]

    def write(self, artifact: Artifact, step: str) -> Path:
        """The step's run writes the artifact; the file."""
        from steps.script import publish

        publish(self.begin(step), artifact, self.work / step)
        return self.work / step / artifact.file_name

    def deploy(self) -> None:
        from steps import deploy_service

        run = self.begin("deploy_service")
        self.patch.setattr(deploy_service, "current_run", lambda: run)
        inputs = {"candidate": "register_model", "verdict": "validate_model", "deployment": "deploy_service"}
        given = [text for name, step in inputs.items() for text in (f"--{name}", str(self.work / step))]
        self.patch.setattr(sys, "argv", ["deploy_service", *given, "--service-name", "changed", "--force-reason", "-"])
        deploy_service.main()


@pytest.fixture
def pipeline(experiment: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeline]:
    run = experiment.start_logging(snapshot_directory=None)
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


def change(file: Path, **values: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def test_a_verdict_whose_status_alone_was_changed_is_refused(
    pipeline: Pipeline, candidate: Candidate, refused: Verdict
) -> None:
    pipeline.write(candidate, "register_model")
    file = pipeline.write(refused, "validate_model")
    change(file, status="BLESSED")

    with pytest.raises(TamperedError, match=r"verdict\.json isn't what the step validate_model wrote") as caught:
        pipeline.deploy()

    assert pipeline.steps["validate_model"].id in str(caught.value)
