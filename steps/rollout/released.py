"""A release of before, as its pipeline run kept it: what it was, and the scoring code that it deployed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from config.errors import DeploymentError, TamperedError, WorkspaceError
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.artifacts.recorded import fetch_kept, has_recorded, kept_content, parsed
from steps.artifacts.release import Release
from steps.registration.saved_model import content_hash
from steps.rollout.scoring_archive import ArchiveError, pack, unpack
from steps.script import keep
from workspaces.jobs.runs import Run
from workspaces.services import ServiceState
from workspaces.workspace import Workspace

SOURCE = "outputs/source.zip"
"""Where the step deploy_service keeps the scoring code, before it deploys it: Azure ML doesn't give it back.

As one file: each takes three requests to keep, and two to read."""
SOURCE_FOLDER = "outputs/source/"
"""Where releases of before kept it, as it is."""


@dataclass(frozen=True)
class Released:
    """Everything that is needed to bring a release back, and to prove that it is."""

    candidate: Candidate
    deployment: Deployment
    root: Path
    """Folder that holds ``scoring/``."""


def read_released(workspace: Workspace, run_id: str | None, folder: Path) -> Released | None:
    """What the pipeline run released, its files in ``folder``; None when there is no such run or it kept too little.

    TamperedError where what it kept isn't what it recorded.
    """
    steps = workspace.runs.steps(run_id) if run_id else {}
    contents = {kind: kept_content(steps, kind) for kind in (Candidate, Deployment)}
    try:
        candidate, deployment = parsed(Candidate, contents[Candidate]), parsed(Deployment, contents[Deployment])
    except WorkspaceError as error:  # of another version of this project
        print(error)
        return None
    if candidate is None or deployment is None:
        return None
    code = _code(steps, folder / "source", deployment.tags)
    return Released(candidate, deployment, code) if code else None


def is_proven(workspace: Workspace, run_id: str) -> bool:
    """Whether the run's smoke test recorded a release; True for a run of before anything was recorded.

    TamperedError where what it kept isn't what it recorded.
    """
    steps = workspace.runs.steps(run_id)
    return kept_content(steps, Release) is not None or not has_recorded(steps)


def released_as(workspace: Workspace, service_name: str, state: ServiceState, folder: Path) -> Released | None:
    """What the run released that the tags of ``state`` name; tags, and the journal, are anybody's to write.

    TamperedError where that is something else than the service runs in ``state``, or of another service.
    """
    released = read_released(workspace, state.tags.get("run_id"), folder)
    if released:
        check_released(released.deployment, service_name, state)
    return released


def check_released(deployment: Deployment, service_name: str, state: ServiceState) -> None:
    """TamperedError unless this is what the service runs in ``state``, as far as Azure ML tells."""
    runs = service_name, ", ".join(state.models), state.environment or deployment.environment
    released = deployment.service_name, deployment.model, deployment.environment
    if runs != released:
        raise TamperedError(
            f"the tags of service {service_name} name the run {deployment.run_id}, which released "
            f"{released[1]} as {released[0]} (environment {released[2]}), not {runs[1] or 'no model'} ({runs[2]}): "
            "somebody changed the service or its tags: release a model anew, with a reason (--force)"
        )


def keep_code(run: Run, source: Path) -> None:
    """Keep the scoring code in ``source`` with the run of deploy_service, from where it can be put back.

    DeploymentError where an earlier life of the same run was killed while it kept it: a part is lost.
    """
    with TemporaryDirectory() as work:
        archive = Path(work) / "source.zip"
        try:
            pack(source, archive)
        except ArchiveError as error:
            raise DeploymentError(
                f"the scoring code can't be kept with the run: {error}: take out of scoring/ "
                "what the service doesn't need"
            ) from None
        if not keep(run, {SOURCE: archive}):
            return
        there = Path(work) / "there"
        fetch_code(run, there)
        if not there.is_dir() or content_hash(there) != content_hash(source):
            raise DeploymentError(
                f"{SOURCE} of this run isn't the code that it deploys: the step was killed and restarted while it kept "
                "it, and Azure ML replaces no file of a run: start a new run"
            )


def released_code(workspace: Workspace, service_name: str, state: ServiceState, folder: Path) -> Path | None:
    """The scoring code of a service in ``state``, as ``folder``; None when Azure ML has it no longer, or damaged.

    TamperedError where the run that the tags name has released something else, or what it kept was changed.
    """
    run_id = state.tags.get("run_id")
    steps = workspace.runs.steps(run_id) if run_id else {}
    deployment = fetch_kept(steps, Deployment)
    if deployment:
        check_released(deployment, service_name, state)
    elif has_recorded(steps):
        print(f"the run {run_id} has kept no {Deployment.file_name} to know its scoring code by: it is left out")
        return None
    return _code(steps, folder, deployment.tags if deployment else state.tags)


def _code(steps: Mapping[str, Run], folder: Path, tags: Mapping[str, str]) -> Path | None:
    if Deployment.step in steps:
        fetch_code(steps[Deployment.step], folder)
    if not (folder / "scoring" / "score.py").is_file():
        return None
    found = content_hash(folder)  # of all that was kept, whatever is left out today
    if found != tags.get("scoring_hash", found):  # a release of long before has no such tag
        print(f"the scoring code that the run {tags.get('run_id')} kept isn't the one that it deployed: it is left out")
        return None
    return folder


def fetch_code(run: Run, folder: Path) -> None:
    """Bring what keep_code() kept; nothing, and why is printed, where the archive isn't whole, as of a killed run."""
    if SOURCE not in run.files():
        run.fetch_folder(SOURCE_FOLDER, folder)
        return
    with TemporaryDirectory() as work:
        archive = Path(work) / "source.zip"
        run.fetch(SOURCE, archive)
        try:
            unpack(archive, folder)
        except ArchiveError as error:
            print(f"{SOURCE} of the run {run.id} can't be used: {error}")
