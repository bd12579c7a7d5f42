"""Step 3: make the service run the blessed candidate, create or update, and write deployment.json."""

import argparse
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from config.errors import AmlGpuError, NotBlessedError
from config.escaping.inert import inert_line
from config.settings import Settings, config_hash, load_settings
from scoring.hashing.version_hash import VARIABLE, version_hash
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.artifacts.recorded import receive
from steps.artifacts.verdict import Answer, Verdict
from steps.registration.versions import check_files, download_version, find_version, mark
from steps.rollout.configuration import service_config_hash
from steps.rollout.deploying import deploy, verdict_tag
from steps.rollout.lease import Lease
from steps.rollout.released import keep_code
from steps.rollout.taking_back import take_back
from steps.scoring_environment import ROOT, scoring_environment
from steps.scoring_source import ENTRY_SCRIPT, scoring_hash, scoring_source
from steps.script import TAG_CHARACTERS, publish, run_script
from workspaces.environments import Environment
from workspaces.models import ModelVersion
from workspaces.opening import current_run, open_workspace
from workspaces.services import Revision
from workspaces.workspace import Workspace

NO_REASON = "-"


def check_verdict(candidate: Candidate, verdict: Verdict, environment: str, reason: str | None) -> None:
    """NotBlessedError unless the verdict is about this very candidate and environment, and BLESSED or overruled.

    A candidate that didn't answer at all can't be overruled.
    """
    about = (verdict.model_name, verdict.model_version, verdict.content_hash, verdict.environment)
    asked = (candidate.model_name, candidate.model_version, candidate.content_hash, environment)
    if about != asked:
        raise NotBlessedError(
            f"the verdict is about {about[0]}:{about[1]} ({about[2][:12]}, {about[3]}), not the candidate "
            f"{candidate.model} ({candidate.content_hash[:12]}, {environment}): validate it"
        )
    if verdict.status == "BLESSED" or (reason and verdict.can_be_forced):
        return
    failing = "; ".join(str(check) for check in verdict.failing)
    forced = "no reason makes up for what can't answer, so " if reason else ""
    raise NotBlessedError(f"{candidate.model} is {verdict.status}, {forced}nothing was deployed: {failing}")


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
        "verdict": verdict_tag(verdict.status, None if verdict.status == "BLESSED" else reason),
    }


def variables_of(
    workspace: Workspace, model: ModelVersion, verdict: Verdict, environment: Environment
) -> dict[str, str]:
    """The service's environment variables: it starts with the files that were validated, and with no others.

    They aren't part of the environment's name: its image is the same. TamperedError where the files that are registered
    by now are others; NotBlessedError for a verdict that doesn't say which were validated.
    """
    if verdict.version_hash is None:
        raise NotBlessedError(f"the verdict doesn't say which files of {model.id} were validated: validate it anew")
    with TemporaryDirectory() as work:
        found = version_hash(download_version(workspace, model, Path(work)))
    check_files(model, found, verdict.version_hash, "the validated ones had")
    return {**environment.variables, VARIABLE: verdict.version_hash}


def select_answers(verdict: Verdict, count: int) -> tuple[Answer, ...]:
    """Up to ``count`` answers for the live service to repeat: the right ones before the wrong ones."""
    return tuple(sorted(verdict.answers, key=lambda answer: not answer.is_right)[:count])


def release(
    candidate: Candidate,
    verdict: Verdict,
    settings: Settings,
    service_name: str,
    reason: str | None,
    run_id: str,
    source: Path,
) -> Deployment:
    """Check the verdict, wait for the turn of this run, deploy, and say what was done.

    ``source`` is the scoring code. What the service ran stays in the lease's journal until smoke_test has proven what
    it runs now.
    """
    environment = scoring_environment(settings, verdict.precision)
    check_verdict(candidate, verdict, environment.name, reason)
    # Not the run's own token: Azure Resource Manager, which the cluster is looked up in, doesn't take it.
    workspace = open_workspace(settings)
    model = find_version(workspace, candidate.model_name, candidate.model_version)
    environment = replace(environment, variables=variables_of(workspace, model, verdict, environment))
    tags = service_tags(candidate, verdict, environment.name, settings, run_id, reason)
    registered = workspace.environments.register(environment)
    revision = Revision(model, registered, source, ENTRY_SCRIPT, tags)
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
        environment_version=registered.version,
        variables=dict(environment.variables),
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
    reason = None if arguments.force_reason == NO_REASON else inert_line(arguments.force_reason)
    candidate, verdict = receive(run, Candidate, arguments.candidate), receive(run, Verdict, arguments.verdict)
    with scoring_source(ROOT) as source:
        keep_code(run, source)
        deployment = release(candidate, verdict, settings, arguments.service_name, reason, run.pipeline_run_id, source)
    try:
        publish(run, deployment, arguments.deployment)
    except AmlGpuError as error:  # no smoke test will prove it
        done = take_back(open_workspace(settings), deployment, run.pipeline_run_id, settings)
        raise type(error)(f"{error}\nThe service isn't proven; {done}") from error
    if deployment.forced_reason:
        run.tag({"forced": deployment.forced_reason[:TAG_CHARACTERS]})
    print(f"{deployment.service_name} {deployment.action}: {candidate.model} at {deployment.scoring_uri}")


if __name__ == "__main__":
    run_script(main)
