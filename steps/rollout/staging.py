"""A candidate beside production: one replica on the same cluster, asked every question, removed in every outcome."""

import hashlib
from dataclasses import replace

from config.errors import SmokeTestError
from config.settings import Settings
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.querying.queries import ask, failures
from steps.rollout.configuration import configuration
from steps.rollout.service import create, wait_healthy, wait_idle
from workspaces.services import Revision
from workspaces.workspace import Workspace

SUFFIX = "-staged"
STAGED_FOR = "staged_for"
"""Tag of a staged service: the name of the one that it stands beside."""
LONGEST_NAME = 32
DIGEST_LENGTH = 6


def staged_name(service_name: str) -> str:
    """The name of the candidate's service: at most 32 characters, as Azure ML allows, and no other service's."""
    if len(service_name) + len(SUFFIX) <= LONGEST_NAME:
        return service_name + SUFFIX
    # What is cut off still tells one from another; without it, one name could even be its own.
    digest = hashlib.sha256(service_name.encode()).hexdigest()[:DIGEST_LENGTH]
    return f"{service_name[: LONGEST_NAME - len(SUFFIX) - DIGEST_LENGTH - 1]}-{digest}{SUFFIX}"


def prove_staged(
    workspace: Workspace,
    revision: Revision,
    candidate: Candidate,
    deployment: Deployment,
    settings: Settings,
) -> None:
    """Deploy the candidate beside production and ask it what a client would; production isn't touched.

    Raises DeploymentError when it doesn't become healthy, SmokeTestError when it answers wrongly.
    """
    name = staged_name(deployment.service_name)
    revision = replace(revision, tags={**revision.tags, STAGED_FOR: deployment.service_name})
    one = replace(configuration(settings), replicas=1, autoscale_max_replicas=None)
    try:
        create(workspace, name, settings.cluster.name, revision, one)
        state = wait_healthy(workspace, name, settings.service.deploy_timeout_seconds)
        print(f"{name}, one replica beside production:")
        queries, _ = ask(workspace, name, state, candidate, deployment, settings)
    finally:
        remove_staged(workspace, deployment.service_name, settings)
    if failed := failures(queries):
        said = f"{candidate.model}, staged as {name}, failed {len(failed)} queries; production wasn't touched"
        raise SmokeTestError("\n".join([said, *failed]))


def is_staged(workspace: Workspace, service_name: str) -> bool:
    """Whether a run staged a service beside ``service_name``; False also for one of the same name of somebody else."""
    state = workspace.services.find(staged_name(service_name))
    return state is not None and state.tags.get(STAGED_FOR) == service_name


def remove_staged(workspace: Workspace, service_name: str, settings: Settings) -> None:
    """Remove what a run staged beside ``service_name``, also one that was killed while it was being created."""
    name = staged_name(service_name)
    if is_staged(workspace, service_name) and wait_idle(workspace, name, settings.service.deploy_timeout_seconds):
        workspace.services.delete(name)
