"""A release of the echo, as far as deploy_service and smoke_test know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.settings import Settings
from steps.artifacts.candidate import Candidate, Signature
from steps.artifacts.deployment import Deployment
from steps.artifacts.verdict import Verdict
from workspaces.models import ModelVersion
from workspaces.services import Revision

if TYPE_CHECKING:
    from azureml.core import Run

    from workspaces.v1.runs import V1Run
    from workspaces.v1.workspace import V1Workspace

TAGS = dict.fromkeys(("model_version", "model_hash", "environment", "service_config_hash", "scoring_hash"), "x")


def step_of(pipeline_run: Run, name: str) -> V1Run:
    """A step's run in the pipeline run, as the workspace makes one."""
    from azureml.core import Run

    from workspaces.v1.runs import STEP_NAME, V1Run

    class StepRun(V1Run):
        """Not the process's run, whose environment says which pipeline run that is of."""

        pipeline_run_id = pipeline_run.id

    child = pipeline_run.child_run()
    child.add_properties({STEP_NAME: name})
    return StepRun(Run.get(pipeline_run.experiment.workspace, child.id))


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
