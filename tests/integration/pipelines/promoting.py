"""A team's two targets in the one local workspace, each with a service and a model of its own, and what dev released.

The model is real and registered by the step's own code; the service loads none, and no pipeline runs to its end.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from config.settings import Settings, load_settings
from steps.artifacts.artifact import Artifact
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.artifacts.release import Query, Release
from steps.artifacts.verdict import Check
from steps.registration.versions import RELEASED_BY, VERSION_HASH, find_version, mark
from steps.script import publish
from tests.integration.steps.releasing import plan_of, step_of, verdict_of
from tests.zoo import tf_modules
from workspaces.environments import Environment
from workspaces.models import ModelVersion
from workspaces.services import Revision

if TYPE_CHECKING:
    from azureml.core import Run

    from workspaces.v1.workspace import V1Workspace

WHERE = """
workspace: {{local: true, subscription_id: 00000000-0000-0000-0000-000000000001, resource_group: local, name: local}}
compute: {{name: {compute}, vm_size: Standard_D2_v3}}
cluster: {{name: {cluster}, vm_size: Standard_NC4as_T4_v3, nodes: 4, purpose: FastProd}}
"""
WHAT = """
service: {enable_gpu: true, gpu_cores: 1, cpu_cores: 0.1, memory_gb: 0.5, replicas: 1, lease_wait_seconds: 0}
validation: {require_gpu: false, accuracy_floor: 0.5}
task: {threshold: 0.6, labels: names.txt}
targets:
  dev:
    model: {name: promoted-dev}
    service: {name: promoted-dev}
  other:
    model: {name: promoted-other}
    service: {name: promoted-other}
    task: {threshold: 0.7}
  again:
    pipeline: {endpoint: promoted-again}
    service: {name: promoted-again}
"""
SCORE = "def init(): pass\n\n\ndef run(data): return data\n"


def write_team(folder: Path, compute: str, cluster: str) -> Path:
    for name in ("dev", "prod", "other", "again"):
        (folder / "targets").mkdir(parents=True, exist_ok=True)
        (folder / "targets" / f"{name}.yml").write_text(WHERE.format(compute=compute, cluster=cluster))
    (folder / "services").mkdir()
    (folder / "services" / "promoted.yml").write_text(WHAT)
    (folder / "names.txt").write_text("no\nyes\n")
    return folder


def settings_of(folder: Path, target: str) -> Settings:
    return load_settings(target, environ={"AMLGPU_CONFIG": str(folder)})


def write_model(folder: Path, by: float = 1.0) -> Path:
    """A number from 0 to 1, as the probability of the second class; ``by`` makes another model."""
    tf_modules.save(folder, lambda x: {"y": tf.sigmoid(x * by)}, tf.TensorSpec([None, 1], name="x"))
    return folder


def write_samples(folder: Path) -> Path:
    folder.mkdir()
    lines = [json.dumps({"input": [value], "label": "yes" if value > 1 else "no"}) for value in (-2.0, 0.0, 2.0, 3.0)]
    (folder / "samples.jsonl").write_text("\n".join(lines))
    return folder


@dataclass(frozen=True)
class Dev:
    """What dev has, and how it releases."""

    port: V1Workspace
    settings: Settings
    work: Path

    def register(self, model: Path, samples: Path, run_id: str = "run-1") -> Candidate:
        from steps.folders.datastore import upload_folder
        from steps.register_model import Asked, Origin, find_candidate

        asked = Asked(upload_folder(self.port, model, "models"), upload_folder(self.port, samples, "validation"))
        return find_candidate(self.port, self.settings, asked, Origin("c" * 40, "d" * 12, run_id))

    def release(self, run: Run, candidate: Candidate, /, **changed: dict[str, Any]) -> None:
        """As a run whose steps recorded this; ``changed`` is what their artifacts say otherwise, by the kind."""
        candidate = candidate.model_copy(update={"run_id": run.id})
        version = self.version(candidate)
        verdict = verdict_of(candidate).model_copy(
            update={
                "version_hash": version.properties[VERSION_HASH],
                "checks": (Check(name="accuracy_floor", outcome="pass", measured=1.0, threshold=0.5),),
                "metrics": {"accuracy": 1.0},
            }
        )
        deployment = plan_of(candidate, self.settings).model_copy(update={"action": "created"})
        for artifact in (candidate, verdict, deployment, release_of(deployment)):
            name = type(artifact).__name__.lower()
            self.keep(run, artifact.model_copy(update=changed.get(name, {})))
        mark(self.port, candidate.model_name, candidate.model_version, {RELEASED_BY["v1"]: run.id})

    def keep(self, run: Run, artifact: Artifact) -> None:
        publish(step_of(run, artifact.step), artifact, self.work / run.id / artifact.step)

    def version(self, candidate: Candidate) -> ModelVersion:
        return find_version(self.port, candidate.model_name, candidate.model_version)

    def serve(self, candidate: Candidate, run_id: str) -> None:
        """Something that is Healthy, by the name of the service, with tags that name the run."""
        from steps.rollout.configuration import configuration

        code = self.work / "scoring"
        code.mkdir()
        (code / "score.py").write_text(SCORE)
        plain = Environment("echo", "FROM python\n", "dependencies: [python=3.11]\n", {})
        environment = self.port.environments.register(plain)
        revision = Revision(self.version(candidate), environment, self.work, "scoring/score.py", {"run_id": run_id})
        name, cluster = self.settings.service.name, self.settings.cluster.name
        self.port.services.create(name, cluster, revision, configuration(self.settings))
        assert self.port.services.wait(name, 60) == ""


def release_of(deployment: Deployment) -> Release:
    return Release(
        service_name=deployment.service_name,
        model_name=deployment.model_name,
        model_version=deployment.model_version,
        scoring_uri="http://127.0.0.1:9/score",
        device="CPU:0",
        queries=(Query(name="answers", passed=True, detail=""),),
        latency_p50_ms=1.0,
        latency_p99_ms=1.0,
        run_id=deployment.run_id,
    )
