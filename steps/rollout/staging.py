"""A candidate beside production, asked every question before anybody is served by it."""

from collections.abc import Iterator
from contextlib import contextmanager

from config.errors import AmlGpuError, SmokeTestError
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
    name = deployment.service_name
    with removed_on_failure(workspace, name, settings, deployment.run_id):
        stage(workspace, name, settings.cluster.name, revision, configuration(settings))
        staged = wait_staged(workspace, name, settings.service.deploy_timeout_seconds)
        place = f"beside {name}" if staged.keys_of == name else f"as {staged.keys_of}"
        print(f"{candidate.model}, staged {place}:")
        queries, _ = ask(
            workspace, staged.keys_of, staged.state, candidate, deployment, settings, headers=staged.headers
        )
        if failed := failures(queries):
            said = f"{candidate.model}, staged {place}, failed {len(failed)} queries; production wasn't touched"
            raise SmokeTestError("\n".join([said, *failed]))


@contextmanager
def removed_on_failure(workspace: Workspace, service_name: str, settings: Settings, run_id: str) -> Iterator[None]:
    """What run ``run_id`` staged goes when the block fails; where it can't, the block's error says so at its end."""
    try:
        yield
    except BaseException as reason:
        try:
            remove_staged(workspace, service_name, settings, run_id)
        except AmlGpuError as error:
            left = f"What was staged for {service_name} stays until the next run removes it: {error}"
            if isinstance(reason, AmlGpuError):
                reason.args = (f"{reason}\n{left}",)
            else:
                print(left)
        raise


def remove_staged(workspace: Workspace, service_name: str, settings: Settings, run_id: str | None = None) -> None:
    """Remove what a run staged beside ``service_name``, also one that was killed while it was being created.

    ``run_id`` is for a run that may have lost its turn: whoever has it may have staged there by now, and keeps that.
    """
    seconds = settings.service.deploy_timeout_seconds
    insist(service_name, lambda: workspace.services.unstage(service_name, run_id), seconds)
