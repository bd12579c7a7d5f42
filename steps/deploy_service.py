"""Step 3: make the service run the blessed candidate, create or update, and write deployment.json."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from azureml.core import Workspace
from azureml.core.webservice import AksWebservice

from config.errors import NotBlessedError
from config.settings import Settings, config_hash, load_settings
from steps.artifacts import Action, Answer, Candidate, Deployment, ServiceState, Verdict
from steps.environment import ROOT, scoring_environment
from steps.registry import find_version
from steps.script import pipeline_run_id, publish, run_script
from steps.service import (
    HEALTHY,
    Revision,
    check_idle,
    check_room,
    create,
    find_cluster,
    find_service,
    scoring_hash,
    scoring_source,
    state_of,
    update,
    wait_healthy,
)
from steps.workspace import current_run, open_workspace

NO_REASON = "-"
SAME_IF_EQUAL = ("model_version", "model_hash", "environment", "config_hash", "scoring_hash")


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
    """What the service says about itself, for people and for the next run."""
    return {
        "model_version": str(candidate.model_version),
        "model_hash": candidate.content_hash,
        "environment": environment,
        "precision": verdict.precision,
        "config_hash": config_hash(settings),
        "scoring_hash": scoring_hash(ROOT),
        "git_commit": candidate.git_commit,
        "run_id": run_id,
        "verdict": f"{verdict.status}, forced: {reason}" if reason else verdict.status,
    }


def already_serves(state: ServiceState | None, model: str, tags: Mapping[str, str]) -> bool:
    """True when a healthy service runs this model with the same environment, settings and scoring code."""
    if state is None or state.state != HEALTHY or state.models != (model,):
        return False
    return all(state.tags.get(key) == tags[key] for key in SAME_IF_EQUAL)


def deploy(
    workspace: Workspace, name: str, revision: Revision, settings: Settings
) -> tuple[AksWebservice, Action, ServiceState | None]:
    """Bring the service ``name`` to ``revision`` and wait until it is healthy; what was done, and what ran before."""
    cluster = find_cluster(workspace, settings)
    check_room(cluster.agent_vm_size, cluster.agent_count, settings)
    service = find_service(workspace, name)
    before = state_of(service) if service else None
    print(f"{name} before: {before.model_dump_json() if before else 'no such service'}")
    if service and already_serves(before, revision.model.id, revision.tags):
        return service, "unchanged", before
    if service is None:
        service = create(workspace, cluster, name, revision, settings)
    else:
        check_idle(service)
        update(service, revision, settings)
    wait_healthy(service, settings.service.deploy_timeout_seconds)
    return service, "updated" if before else "created", before


def select_answers(verdict: Verdict, count: int) -> tuple[Answer, ...]:
    """Up to ``count`` answers for the live service to repeat: the right ones before the wrong ones."""
    return tuple(sorted(verdict.answers, key=lambda answer: answer.predicted != answer.label)[:count])


def release(
    candidate: Candidate, verdict: Verdict, settings: Settings, service_name: str, reason: str | None, run_id: str
) -> Deployment:
    """Check the verdict, deploy, and say what was done."""
    environment = scoring_environment(settings, verdict.precision)
    check_verdict(candidate, verdict, environment.name, reason)
    reason = None if verdict.status == "BLESSED" else reason  # a reason that nobody needed forces nothing
    # Not the run's own token: Azure Resource Manager, which the cluster is looked up in, doesn't take it.
    workspace = open_workspace(settings)
    model = find_version(workspace, candidate.model_name, candidate.model_version)
    tags = service_tags(candidate, verdict, environment.name, settings, run_id, reason)
    revision = Revision(model, environment.register(workspace), ROOT, tags)
    service, action, before = deploy(workspace, service_name, revision, settings)
    return Deployment(
        service_name=service_name,
        action=action,
        model_name=candidate.model_name,
        model_version=candidate.model_version,
        environment=environment.name,
        scoring_uri=service.scoring_uri,
        replicas=settings.service.replicas,
        verdict=verdict.status,
        forced_reason=reason,
        previous=before,
        answers=select_answers(verdict, settings.smoke_test.images),
        run_id=run_id,
    )


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
    with scoring_source(ROOT) as source:  # Azure ML doesn't give a service's code back: going back to it needs a copy
        run.upload_folder("outputs/source", str(source))
    deployment = release(candidate, verdict, settings, arguments.service_name, reason, pipeline_run_id(run))
    publish(run, deployment, arguments.deployment)
    print(f"{deployment.service_name} {deployment.action}: {candidate.model} at {deployment.scoring_uri}")


if __name__ == "__main__":
    run_script(main)
