"""Step 3: make the service run the blessed candidate, create or update, and write deployment.json."""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from azureml.core import Workspace

from config.errors import AmlGpuError, DeploymentError, NotBlessedError
from config.settings import Settings, config_hash, load_settings
from steps.artifacts import Answer, Candidate, Deployment, ServiceState, Status, Verdict
from steps.registration.versions import find_version, mark
from steps.rollout.lease import Lease
from steps.rollout.lease_file import Before, has_ended
from steps.rollout.released import keep_code, read_released
from steps.rollout.resources import changed_resources, service_config_hash
from steps.rollout.rollback import put_back
from steps.rollout.service import (
    Revision,
    already_serves,
    check_gpus,
    check_room,
    configuration,
    create,
    find_cluster,
    find_service,
    is_release_of,
    is_superseded,
    scoring_hash,
    scoring_source,
    state_of,
    update,
    update_tags,
    wait_healthy,
    wait_idle,
)
from steps.rollout.staging import prove_staged, remove_staged
from steps.scoring_environment import ROOT, scoring_environment
from steps.script import SERVICE_ERRORS, pipeline_run_id, publish, run_script
from steps.workspace import current_run, open_workspace

NO_REASON = "-"
REPLACES = "replaces"
"""Service tag: the run that released what ran before."""


def check_verdict(candidate: Candidate, verdict: Verdict, environment: str, reason: str | None) -> None:
    """NotBlessedError unless the verdict is about this very candidate and environment, and BLESSED or overruled."""
    about = (verdict.model_name, verdict.model_version, verdict.content_hash, verdict.environment)
    asked = (candidate.model_name, candidate.model_version, candidate.content_hash, environment)
    if about != asked:
        raise NotBlessedError(
            f"the verdict is about {about[0]}:{about[1]} ({about[2][:12]}, {about[3]}), not the candidate "
            f"{candidate.model} ({candidate.content_hash[:12]}, {environment}): validate it"
        )
    if verdict.status == "BLESSED" or reason:
        return
    failing = "; ".join(str(check) for check in verdict.failing)
    raise NotBlessedError(f"{candidate.model} is {verdict.status}, nothing was deployed: {failing}")


def service_tags(
    candidate: Candidate, verdict: Verdict, environment: str, settings: Settings, run_id: str, reason: str | None
) -> dict[str, str]:
    """What the service says about itself, for people and for the next run; ``reason`` where nothing blessed it."""
    return {
        "model_version": str(candidate.model_version),
        "model_hash": candidate.content_hash,
        "environment": environment,
        "precision": verdict.precision,
        "config_hash": config_hash(settings),
        "service_config_hash": service_config_hash(settings),
        "scoring_hash": scoring_hash(ROOT),
        "git_commit": candidate.git_commit,
        "run_id": run_id,
        "validation_data": candidate.validation_data,
        "verdict": _verdict_tag(verdict.status, None if verdict.status == "BLESSED" else reason),
    }


def _verdict_tag(status: Status, reason: str | None) -> str:
    return f"{status}, forced: {reason}" if reason else status


def is_kept(workspace: Workspace, state: ServiceState) -> bool:
    """Whether the run that released ``state`` has kept what it takes to put it back."""
    with TemporaryDirectory() as work:
        return read_released(workspace, state.tags.get("run_id"), Path(work)) is not None


def check_way_back(
    workspace: Workspace, state: ServiceState | None, plan: Deployment, reason: str | None
) -> Deployment:
    """``plan``; forced for ``reason``, whatever the verdict, where what the service runs couldn't be put back.

    DeploymentError when it couldn't and nobody gave a reason.
    """
    if state is None or is_kept(workspace, state):
        return plan
    if reason:
        tags = plan.tags | {"verdict": _verdict_tag(plan.verdict, reason)}
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
    check_room(cluster.agent_vm_size, cluster.agent_count, settings)
    before = lease.claim.before or Before(state=plan.previous)
    plan = check_way_back(workspace, before.state, plan, reason)
    revision = replace(revision, tags=plan.tags)
    service, wanted = find_service(workspace, plan.service_name), configuration(settings)
    if service is not None:
        check_gpus(service, wanted)
    if settings.service.strategy == "staged":
        prove_staged(workspace, cluster, revision, candidate, plan, settings)
    lease.record(Before(state=before.state))  # a rollback that was under way is over
    try:
        if service is None:
            service = create(workspace, cluster, plan.service_name, revision, wanted)
        else:
            update(service, revision, wanted, settings.service.deploy_timeout_seconds)
        wait_healthy(service, settings.service.deploy_timeout_seconds)
    except (AmlGpuError, *SERVICE_ERRORS) as error:  # also a lost connection: the change may be under way
        done = put_back(workspace, plan.service_name, before, settings)
        lease.release(proven=True)
        raise DeploymentError(f"{error}\n{done}") from error
    action = "updated" if plan.previous else "created"
    return plan.model_copy(update={"action": action, "scoring_uri": service.scoring_uri})


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
    remove_staged(workspace, plan.service_name, settings)  # of a run that was killed: it holds a GPU
    service = wait_idle(workspace, plan.service_name, settings.service.lease_wait_seconds)
    before = state_of(service) if service else None
    print(f"{plan.service_name} before: {before.model_dump_json() if before else 'no such service'}")
    proven = lease.claim.before.state if lease.claim.before else before
    serves = already_serves(before, candidate.model, plan.tags)
    replaced = replaced_run(proven, candidate.model, plan.tags)
    tags = plan.tags | ({REPLACES: replaced} if replaced else {})
    revision = replace(revision, tags=tags)
    uri = service.scoring_uri if service else ""
    plan = plan.model_copy(update={"previous": before, "scoring_uri": uri, "tags": tags})
    changed = changed_resources(service, settings) if service else []
    if service and before and serves and not changed:
        if lease.claim.before is not None or not is_kept(workspace, before):
            # By a run that was killed, or is gone: nothing to go back to later. This one keeps the same.
            update_tags(service, revision.tags, settings.service.deploy_timeout_seconds)
        return plan
    if serves:
        said = ", ".join(f"{one.name} {one.live or 0}, not {one.wanted or 0}" for one in changed)
        print(f"somebody else changed what {plan.service_name} has: {said}")
    validated_against = verdict.production.model if verdict.production else None
    superseded = before and before.models != (validated_against,) and is_superseded(before, candidate)
    if before and superseded and not _left_unproven(workspace, lease, before):
        return plan.model_copy(update={"action": "superseded"})
    return change(workspace, lease, revision, candidate, plan, reason, settings)


def _left_unproven(workspace: Workspace, lease: Lease, state: ServiceState) -> bool:
    """Whether the run that brought ``state`` has ended before it was proven: nobody else comes to prove it."""
    run_id = state.tags.get("run_id")
    return lease.claim.before is not None and run_id is not None and has_ended(workspace, run_id)


def select_answers(verdict: Verdict, count: int) -> tuple[Answer, ...]:
    """Up to ``count`` answers for the live service to repeat: the right ones before the wrong ones."""
    return tuple(sorted(verdict.answers, key=lambda answer: answer.predicted != answer.label)[:count])


def release(
    candidate: Candidate, verdict: Verdict, settings: Settings, service_name: str, reason: str | None, run_id: str
) -> Deployment:
    """Check the verdict, wait for the turn of this run, deploy, and say what was done.

    What the service ran stays in the lease's journal until smoke_test has proven what it runs now.
    """
    environment = scoring_environment(settings, verdict.precision)
    check_verdict(candidate, verdict, environment.name, reason)
    # Not the run's own token: Azure Resource Manager, which the cluster is looked up in, doesn't take it.
    workspace = open_workspace(settings)
    model = find_version(workspace, candidate.model_name, candidate.model_version)
    tags = service_tags(candidate, verdict, environment.name, settings, run_id, reason)
    revision = Revision(model, environment.register(workspace), ROOT, tags)
    plan = Deployment(
        service_name=service_name,
        action="unchanged",
        model_name=candidate.model_name,
        model_version=candidate.model_version,
        environment=environment.name,
        scoring_uri="",
        replicas=settings.service.replicas,
        verdict=verdict.status,
        forced_reason=reason,
        previous=None,
        answers=select_answers(verdict, settings.smoke_test.images),
        tags=tags,
        run_id=run_id,
    )
    lease = Lease.acquire(workspace, service_name, run_id, settings.service)
    try:
        done = deploy(workspace, lease, revision, candidate, verdict, plan, settings)
    finally:
        # Not kept for smoke_test: where the compute has one node, a run that waits here would keep it from starting.
        lease.give_up()
    if done.forced_reason and done.action != "superseded":
        # Who deployed it without BLESSED, and why; run and service have it as tags too.
        mark(workspace, candidate.model_name, candidate.model_version, {"forced": f"{run_id}: {done.forced_reason}"})
    return done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candidate", required=True, type=Path)
    parser.add_argument("--verdict", required=True, type=Path)
    parser.add_argument("--service-name", required=True)
    parser.add_argument("--force-reason", required=True)
    parser.add_argument("--deployment", required=True, type=Path)
    arguments = parser.parse_args()
    settings, run = load_settings(), current_run()
    reason = None if arguments.force_reason == NO_REASON else arguments.force_reason
    candidate, verdict = Candidate.read(arguments.candidate), Verdict.read(arguments.verdict)
    with scoring_source(ROOT) as source:
        keep_code(run, source)
    deployment = release(candidate, verdict, settings, arguments.service_name, reason, pipeline_run_id(run))
    publish(run, deployment, arguments.deployment)
    if deployment.forced_reason:
        for one in (run, run.parent):
            one.tag("forced", deployment.forced_reason)
    print(f"{deployment.service_name} {deployment.action}: {candidate.model} at {deployment.scoring_uri}")


if __name__ == "__main__":
    run_script(main)
