"""A release of the echo, as far as deploy_service and smoke_test know of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import requests

from config.settings import Settings
from steps.artifacts.candidate import Candidate, Signature
from steps.artifacts.deployment import Deployment
from steps.artifacts.verdict import Verdict
from workspaces.models import ModelVersion
from workspaces.services import Revision

if TYPE_CHECKING:
    from azureml.core import Run

    from workspaces.v1.runs import V1Run
    from workspaces.workspace import Workspace

TAGS = dict.fromkeys(("model_version", "model_hash", "environment", "service_config_hash", "scoring_hash"), "x")


def step_of(pipeline_run: Run, name: str) -> V1Run:
    """A step's run in the pipeline run, as the workspace makes one."""
    from azureml.core import Run

    from workspaces.v1.runs import STEP_NAME, STEP_TYPE, V1Run

    class StepRun(V1Run):
        """Not the process's run, whose environment says which pipeline run that is of."""

        pipeline_run_id = pipeline_run.id

    child_id = f"{pipeline_run.id}-{name}-{uuid4().hex[:8]}"
    made = {"runId": child_id, "parentRunId": pipeline_run.id, "runType": STEP_TYPE, "properties": {STEP_NAME: name}}
    patch(pipeline_run, made).raise_for_status()
    return StepRun(Run(pipeline_run.experiment, child_id))


def patch(run: Run, changes: Mapping[str, Any]) -> requests.Response:
    """What a client may ask without the SDK: change a run of that experiment, or make one."""
    workspace, experiment = run.experiment.workspace, run.experiment.name
    history = f"{workspace.service_context._get_run_history_url()}/history/v1.0"
    scope = workspace.service_context._get_workspace_scope()
    url = f"{history}{scope}/experiments/{experiment}/runs/{changes['runId']}"
    headers = workspace._auth.get_authentication_header()
    return requests.patch(url, headers=headers, json=dict(changes), timeout=60)


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


def deploy(port: Workspace, settings: Settings, revision: Revision, run_id: str) -> Deployment:
    from steps.rollout.deploying import deploy
    from steps.rollout.lease import Lease

    candidate = candidate_of(revision.model, run_id)
    lease = Lease.acquire(port, settings.service.name, run_id, settings.service)
    try:
        verdict, plan = verdict_of(candidate), plan_of(candidate, settings)
        return deploy(port, lease, revision, candidate, verdict, plan, settings)
    finally:
        lease.give_up()
