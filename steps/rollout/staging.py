"""A candidate beside production: one replica on the same cluster, asked every question, removed in every outcome."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from azureml.core import Workspace
from azureml.core.compute import AksCompute
from azureml.core.webservice import AksWebservice

from config.errors import SmokeTestError
from config.settings import Settings
from steps.artifacts import Candidate, Deployment
from steps.querying.queries import ask, failures
from steps.rollout.service import Revision, configuration, create, find_service, wait_healthy, wait_idle

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
    cluster: AksCompute,
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
    one: Mapping[str, Any] = configuration(settings) | {"num_replicas": 1}
    try:
        service = create(workspace, cluster, name, revision, one)
        wait_healthy(service, settings.service.deploy_timeout_seconds)
        print(f"{name}, one replica beside production:")
        queries, _ = ask(workspace, service, candidate, deployment, settings)
    finally:
        remove_staged(workspace, deployment.service_name, settings)
    if failed := failures(queries):
        said = f"{candidate.model}, staged as {name}, failed {len(failed)} queries; production wasn't touched"
        raise SmokeTestError("\n".join([said, *failed]))


def find_staged(workspace: Workspace, service_name: str) -> AksWebservice | None:
    """What a run staged beside ``service_name``; None also where the name is that of a service of somebody else."""
    service = find_service(workspace, staged_name(service_name))
    return service if service and (service.tags or {}).get(STAGED_FOR) == service_name else None


def remove_staged(workspace: Workspace, service_name: str, settings: Settings) -> None:
    """Remove what a run staged beside ``service_name``, also one that was killed while it was being created."""
    if find_staged(workspace, service_name) is None:
        return
    service = wait_idle(workspace, staged_name(service_name), settings.service.deploy_timeout_seconds)
    if service is not None:
        service.delete()
