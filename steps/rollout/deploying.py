"""Brings a service to a candidate: what there is to do, the way back, and the change itself."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from config.errors import AmlGpuError, DeploymentError, TamperedError
from config.settings import Settings
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.artifacts.recorded import fetch_kept
from steps.artifacts.verdict import Status, Verdict
from steps.rollout.cluster import check_room, find_cluster, held_by_others
from steps.rollout.configuration import configuration
from steps.rollout.lease import Lease
from steps.rollout.lease_file import Before
from steps.rollout.put_back import put_back
from steps.rollout.released import check_released, released_as
from steps.rollout.resources import changed_resources
from steps.rollout.service import (
    already_serves,
    check_gpus,
    create,
    is_release_of,
    is_superseded,
    update,
    update_tags,
    wait_healthy,
    wait_idle,
)
from steps.rollout.staging import prove_staged, remove_staged, removed_on_failure
from workspaces.services import Revision, ServiceState
from workspaces.workspace import Workspace

REPLACES = "replaces"
"""Service tag: the run that released what ran before."""


def verdict_tag(status: Status, reason: str | None) -> str:
    """The service's tag ``verdict``; ``reason`` where somebody overruled what stood in the way."""
    return f"{status}, forced: {reason}" if reason else status


def is_kept(workspace: Workspace, service_name: str, state: ServiceState) -> bool:
    """Whether the run that released ``state`` has kept what it takes to put it back."""
    with TemporaryDirectory() as work:
        try:
            return released_as(workspace, service_name, state, Path(work)) is not None
        except TamperedError as error:
            print(error)
            return False


def check_way_back(
    workspace: Workspace, state: ServiceState | None, plan: Deployment, reason: str | None
) -> Deployment:
    """``plan``; forced for ``reason``, whatever the verdict, where what the service runs couldn't be put back.

    DeploymentError when it couldn't and nobody gave a reason.
    """
    if state is None or is_kept(workspace, plan.service_name, state):
        return plan
    if reason:
        tags = plan.tags | {"verdict": verdict_tag(plan.verdict, reason)}
        return plan.model_copy(update={"forced_reason": reason, "tags": tags})
    raise DeploymentError(
        f"the service runs {', '.join(state.models) or 'no model'}, and no run has kept what was deployed (tag run_id: "
        f"{state.tags.get('run_id', 'none')}), so a rollback would be impossible: choose another service.name, delete "
        "the service, or give a reason with --force"
    )


def replaced_run(proven: ServiceState | None, model: str, tags: Mapping[str, str]) -> str | None:
    """The run that `amlgpu rollback` is to go back to from ``model`` with ``tags``; None where there is none.

    ``proven`` is what was proven last, healthy or not. Where that is the same release, it isn't replaced by itself.
    """
    if proven is None:
        return None
    return proven.tags.get(REPLACES if is_release_of(proven, model, tags) else "run_id")


def change(
    workspace: Workspace,
    lease: Lease,
    revision: Revision,
    candidate: Candidate,
    plan: Deployment,
    reason: str | None,
    settings: Settings,
) -> Deployment:
    """Bring the service to ``revision``; ``plan`` is what deployment.json will say, its action still open.

    What ran before is kept in the lease before anything changes, and put back when the deployment fails.
    """
    cluster = find_cluster(workspace, settings)
    for warning in check_room(cluster, held_by_others(workspace, cluster, settings), settings):
        print(warning)
    before = lease.claim.before or Before(state=plan.previous)
    plan = check_way_back(workspace, before.state, plan, reason)
    revision = replace(revision, tags=plan.tags)
    name, wanted = plan.service_name, configuration(settings)
    state = workspace.services.find(name)
    if state is not None:
        check_gpus(workspace, name, state, wanted)
    if is_staged := settings.service.strategy == "staged":
        prove_staged(workspace, revision, candidate, plan, settings)
    with removed_on_failure(workspace, name, settings, plan.run_id) if is_staged else nullcontext():
        lease.record(Before(state=before.state))  # a rollback that was under way is over
    try:
        if state is None:
            create(workspace, name, cluster.name, revision, wanted)
        else:
            update(workspace, name, revision, wanted, settings.service.deploy_timeout_seconds)
        healthy = wait_healthy(workspace, name, settings.service.deploy_timeout_seconds)
    except AmlGpuError as error:  # also a lost connection: the change may be under way
        done = put_back(workspace, name, before, settings)
        lease.release(proven=True)
        raise DeploymentError(f"{error}\n{done}") from error
    action = "updated" if plan.previous else "created"
    return plan.model_copy(update={"action": action, "scoring_uri": healthy.scoring_uri})


def deploy(
    workspace: Workspace,
    lease: Lease,
    revision: Revision,
    candidate: Candidate,
    verdict: Verdict,
    plan: Deployment,
    settings: Settings,
) -> Deployment:
    """Do what there is left to do once it is this run's turn; ``plan`` has any reason that somebody gave."""
    reason = plan.forced_reason
    if verdict.status == "BLESSED":  # a reason that nobody needed forces nothing
        plan = plan.model_copy(update={"forced_reason": None})
    name = plan.service_name
    remove_staged(workspace, name, settings)  # of a run that was killed: it holds a GPU
    before = wait_idle(workspace, name, settings.service.lease_wait_seconds)
    print(f"{name} before: {before.model_dump_json() if before else 'no such service'}")
    proven = lease.claim.before.state if lease.claim.before else before
    serves = already_serves(before, candidate.model, plan.tags) and not _is_disowned(workspace, name, before)
    replaced = replaced_run(proven, candidate.model, plan.tags)
    tags = plan.tags | ({REPLACES: replaced} if replaced else {})
    revision = replace(revision, tags=tags)
    uri = (before.scoring_uri if before else None) or ""
    plan = plan.model_copy(update={"previous": before, "proven": proven, "scoring_uri": uri, "tags": tags})
    changed = changed_resources(workspace, before, settings) if before else []
    if before and serves and not changed:
        if lease.claim.before is not None or not is_kept(workspace, name, before):
            # By a run that was killed, or is gone: nothing to go back to later. This one keeps the same.
            update_tags(workspace, name, revision.tags, settings.service.deploy_timeout_seconds)
        return plan
    if serves:
        said = ", ".join(f"{one.name} {one.live or 0}, not {one.wanted or 0}" for one in changed)
        print(f"somebody else changed what {name} has: {said}")
    validated_against = verdict.production.model if verdict.production else None
    superseded = before and before.models != (validated_against,) and is_superseded(before, candidate)
    if before and superseded and not _left_unproven(workspace, lease, before):
        return plan.model_copy(update={"action": "superseded"})
    return change(workspace, lease, revision, candidate, plan, reason, settings)


def _is_disowned(workspace: Workspace, service_name: str, state: ServiceState | None) -> bool:
    """Whether the run that the service's tags name says that it deployed something else; a run that is gone doesn't."""
    try:
        steps = workspace.runs.steps(state.tags.get("run_id", "")) if state else {}
        deployment = fetch_kept(steps, Deployment)
        if state and deployment:
            check_released(deployment, service_name, state)
            return not is_release_of(state, deployment.model, {**state.tags, **deployment.tags})
    except TamperedError as error:
        print(error)
        return True
    return False


def _left_unproven(workspace: Workspace, lease: Lease, state: ServiceState) -> bool:
    """Whether the run that brought ``state`` has ended before it was proven: nobody else comes to prove it."""
    run_id = state.tags.get("run_id")
    return lease.claim.before is not None and run_id is not None and workspace.runs.has_ended(run_id)
