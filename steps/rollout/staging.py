"""A candidate beside production, asked every question before anybody is served by it."""

from config.errors import SmokeTestError
from config.settings import Settings
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.querying.queries import ask, failures
from steps.rollout.configuration import configuration
from steps.rollout.service import insist, stage, wait_staged
from workspaces.services import Revision
from workspaces.workspace import Workspace


def prove_staged(
    workspace: Workspace,
    revision: Revision,
    candidate: Candidate,
    deployment: Deployment,
    settings: Settings,
) -> None:
    """Bring the candidate up beside production and ask it what a client would; production isn't touched.

    It stays, for an update to take it over. Raises DeploymentError when it doesn't become healthy, SmokeTestError when
    it answers wrongly; it is removed then.
    """
    name, proven = deployment.service_name, False
    try:
        stage(workspace, name, settings.cluster.name, revision, configuration(settings))
        staged = wait_staged(workspace, name, settings.service.deploy_timeout_seconds)
        place = f"beside {name}" if staged.keys_of == name else f"as {staged.keys_of}"
        print(f"{candidate.model}, staged {place}:")
        queries, _ = ask(
            workspace, staged.keys_of, staged.state, candidate, deployment, settings, headers=staged.headers
        )
        failed = failures(queries)
        proven = not failed
    finally:
        if not proven:
            remove_staged(workspace, name, settings, deployment.run_id)
    if failed:
        said = f"{candidate.model}, staged {place}, failed {len(failed)} queries; production wasn't touched"
        raise SmokeTestError("\n".join([said, *failed]))


def remove_staged(workspace: Workspace, service_name: str, settings: Settings, run_id: str | None = None) -> None:
    """Remove what a run staged beside ``service_name``, also one that was killed while it was being created.

    ``run_id`` is for a run that may have lost its turn: whoever has it may have staged there by now, and keeps that.
    """
    seconds = settings.service.deploy_timeout_seconds
    insist(service_name, lambda: workspace.services.unstage(service_name, run_id), seconds)
