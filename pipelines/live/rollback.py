"""Go back to a release of before, by hand."""

from pathlib import Path
from tempfile import TemporaryDirectory

from config.errors import DeploymentError, TamperedError
from config.settings import Settings
from steps.registration.versions import RELEASED_BY, find_version
from steps.rollout.deploying import REPLACES
from steps.rollout.lease import turn_of_command
from steps.rollout.lease_file import Before, LeaseFile
from steps.rollout.put_back import put_back
from steps.rollout.released import Released, is_proven, read_released
from steps.rollout.service import wait_idle
from workspaces.services import ServiceState
from workspaces.workspace import Workspace


def plan_roll_back(workspace: Workspace, settings: Settings, version: int | None) -> str:
    """What a rollback would do as things are now, as a sentence. Changes nothing; raises what roll_back() does."""
    name = settings.service.name
    state = workspace.services.find(name)
    if state is None:
        raise _no_service(settings)
    _, claim = LeaseFile(workspace, name).read()
    before = claim.before if claim else None
    run_id = _run_of(workspace, settings, version) if version else run_before(settings, state, before)
    with TemporaryDirectory() as work:
        released = _released(workspace, run_id, version, Path(work))
    runs = ", ".join(state.models) or "no model"
    return f"{name}: from {runs} back to {released.candidate.model}, which the run {run_id} released"


def roll_back(workspace: Workspace, settings: Settings, version: int | None) -> str:
    """Bring the service to what ``version`` was released as, or to what it replaced; what was done, as a sentence.

    Without ``version``, what a run has left unproven goes back to what was proven last.
    The answers that the release gave in its validation prove it. Raises DeploymentError when there is nothing to go
    back to, RollbackError when the service isn't what it should be afterwards.
    """
    name = settings.service.name
    with turn_of_command(workspace, name, "rollback", settings.service) as lease:
        state = _live(workspace, settings)
        before = lease.claim.before
        run_id = _run_of(workspace, settings, version) if version else run_before(settings, state, before)
        with TemporaryDirectory() as work:
            released = _released(workspace, run_id, version, Path(work))
        lease.record(Before(state=state, back_to=run_id))
        done = put_back(workspace, name, Before(state=_as_released(state, released)), settings)
        lease.release(proven=True)
    return done


def _released(workspace: Workspace, run_id: str, version: int | None, work: Path) -> Released:
    released = read_released(workspace, run_id, work)
    if released is None:
        raise DeploymentError(f"the run {run_id} kept too little to be brought back: release the model again")
    if version and released.deployment.model_version != version:
        raise TamperedError(
            f"the tag {RELEASED_BY[workspace.sdk]} of version {version} names the run {run_id}, which released "
            f"{released.deployment.model}: somebody changed the tag: release the version anew, or name that version"
        )
    if released.deployment.action == "superseded" or not is_proven(workspace, run_id):
        raise DeploymentError(
            f"the run {run_id} hasn't proven {released.deployment.model}: no smoke test of it recorded a release: name "
            "another version with --to, or release the model again"
        )
    return released


def _live(workspace: Workspace, settings: Settings) -> ServiceState:
    name = settings.service.name
    state = wait_idle(workspace, name, settings.service.deploy_timeout_seconds)
    if state is None:
        raise _no_service(settings)
    return state


def _no_service(settings: Settings) -> DeploymentError:
    return DeploymentError(
        f"there is no service {settings.service.name} to roll back: release a model with "
        f"`amlgpu run {settings.options}`"
    )


def run_before(settings: Settings, state: ServiceState, before: Before | None) -> str:
    """The run that released what ran before ``state``; that of ``before``, the journal's, where ``state`` is another.

    A rollback that was killed, or failed, is done again: what it left may look like either.
    What was put back half has the tags of what it was put back to: going by them would go one release too far.
    """
    if before and before.back_to:
        return before.back_to
    proven = before.state if before else None
    if before and proven and "run_id" in proven.tags and not before.is_still(state):
        return proven.tags["run_id"]
    if REPLACES not in state.tags:
        raise DeploymentError(
            "the release that runs now replaced nothing: name a version that was released before with --to; studio "
            f"shows those of the model {settings.model.name}"
        )
    return state.tags[REPLACES]


def _run_of(workspace: Workspace, settings: Settings, version: int) -> str:
    """The run that released the version last."""
    model = find_version(workspace, settings.model.name, version, settings.options)
    released_by = model.tags.get(RELEASED_BY[workspace.sdk])
    if released_by is None:
        release = f"amlgpu run --model {version} {settings.options}"
        raise DeploymentError(
            f"{model.id} was never released by SDK {workspace.sdk}, as the target says: release it with `{release}`"
        )
    return released_by


def _as_released(state: ServiceState, released: Released) -> ServiceState:
    """The service as it would be: replicas and resources stay, what the release brought comes back."""
    deployment = released.deployment
    return state.model_copy(
        update={
            "models": (released.candidate.model,),
            "environment": deployment.environment,
            "environment_version": deployment.environment_version,
            "tags": deployment.tags,
        }
    )
