"""What is told of calling the live service: by what its release kept, with one of the images that validated it."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from config.errors import TamperedError, WorkspaceError
from config.settings import Settings
from pipelines.live.calling import PICTURE, Calling, calling
from pipelines.local import state_folder
from steps.artifacts.candidate import Candidate
from steps.artifacts.deployment import Deployment
from steps.artifacts.recorded import kept_content
from steps.querying.bodies import takes_json
from workspaces.errors import RequestError
from workspaces.files import StoredFile
from workspaces.services import ServiceState
from workspaces.workspace import Workspace


@dataclass(frozen=True)
class Kept:
    """What the release of a service kept, in a folder on this machine."""

    candidate: Candidate
    deployment: Deployment
    folder: Path


def kept_release(workspace: Workspace, state: ServiceState) -> Kept | None:
    """Of the service in ``state``; None where its release is unknown, or of another version of this project."""
    try:
        folder = _kept(workspace, state.tags.get("run_id"))
    except TamperedError as error:  # of a service that is looked at all the same
        print(error, file=sys.stderr)
        return None
    if folder is None:
        return None
    try:
        return Kept(Candidate.read(folder), Deployment.read(folder), folder)
    except WorkspaceError:
        return None


def how_to_call(workspace: Workspace, settings: Settings, state: ServiceState, program: str) -> Calling | None:
    """Of the service in ``state``; None without an address, or where its release is unknown.

    ``program`` is how `amlgpu` is typed here. An image is brought to the folder of the run's report, once.
    """
    kept = kept_release(workspace, state) if state.scoring_uri else None
    return calling_of(workspace, settings, state, kept, program) if kept else None


def calling_of(
    workspace: Workspace, settings: Settings, state: ServiceState, kept: Kept, program: str
) -> Calling | None:
    """The same of what the release kept."""
    if not state.scoring_uri:
        return None
    picture = example_image(workspace, kept.candidate, kept.deployment, kept.folder)
    return calling(state.scoring_uri, kept.candidate.contract, f"{program} key {settings.options}", picture)


def example_image(workspace: Workspace, candidate: Candidate, deployment: Deployment, folder: Path) -> str:
    """Path, from the current folder, of an image that was answered rightly; a made-up name where there is none.

    It is brought to ``folder``, once. Who may read the workspace isn't always let into its storage.
    """
    if takes_json(candidate.contract) or not deployment.answers:
        return PICTURE
    name = deployment.answers[0].file
    path = folder / f"example{Path(name).suffix.lower()}"
    if not path.is_file():
        stored = _stored(workspace, f"{candidate.validation_data}/{name}")
        if stored is None:
            return PICTURE
        with _whole(path) as draft:
            draft.write_bytes(stored.content)
    return os.path.relpath(path)


def _stored(workspace: Workspace, path: str) -> StoredFile | None:
    try:
        return workspace.files.read(path)
    except RequestError:
        return None


def _kept(workspace: Workspace, run_id: str | None) -> Path | None:
    """The folder on this machine that has what the run's steps kept."""
    if not run_id or Path(run_id).name != run_id:  # a tag, which anybody may write
        return None
    folder = state_folder() / "reports" / run_id
    missing = [kind for kind in (Candidate, Deployment) if not _is_whole(folder / kind.file_name)]
    steps = workspace.runs.steps(run_id) if missing else {}
    for kind in missing:
        content = kept_content(steps, kind)
        if content is None:
            return None
        with _whole(folder / kind.file_name) as draft:
            draft.write_bytes(content)
    return folder


def _is_whole(file: Path) -> bool:
    """Whether it is JSON: the report of a run is brought into the same folder, and may have been cut off."""
    try:
        json.loads(file.read_bytes())
    except (OSError, ValueError):
        return False
    return True


@contextmanager
def _whole(file: Path) -> Iterator[Path]:
    """Where to write the file, which takes its place when it is whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=file.parent, prefix=".") as work:
        draft = Path(work) / file.name
        yield draft
        draft.replace(file)
