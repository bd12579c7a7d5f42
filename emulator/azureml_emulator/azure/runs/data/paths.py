"""
Where a step finds its inputs and outputs.

They lie in folders of its run, or on a datastore. A `path_on_compute` becomes a link to that: in the folder that the
step runs in, or, where the path is absolute, at a place that the steps of all runs on this machine share. There a link
is made only where nothing is, and goes when the step ends.
"""

from pathlib import Path

from azureml_emulator.errors import BadRequest
from azureml_emulator.server.requests.body import a_file_name
from azureml_emulator.state.workspace import LocalWorkspace


class DataError(Exception):
    """An input could not be read, or an output not be kept; the message says which, and why."""


def run_folder(workspace: LocalWorkspace, run_id: str) -> Path:
    return workspace.folder / "runs" / run_id


def data_folder(workspace: LocalWorkspace, run_id: str, kind: str, name: str) -> Path:
    """Of the input or output of a run that has this name. Raises BadRequest for a name that is no folder's."""
    return run_folder(workspace, run_id) / kind / a_file_name(name, "the name of an input or output")


def path_on_compute(workspace: LocalWorkspace, run_id: str, path: str | None) -> Path | None:
    """Raises BadRequest for a path that climbs out of the folder that the step runs in, or is that folder itself."""
    if not path:
        return None
    if ".." in path.split("/") or not path.strip("./"):
        raise BadRequest(f"the path_on_compute '{path}' is neither absolute nor inside of the step's own folder")
    return run_folder(workspace, run_id) / "code" / path  # an absolute path stays what it is


def make_link(workspace: LocalWorkspace, path: Path, target: Path) -> None:
    """Raises DataError where something else is, or the link of a step that is still going."""
    owner = _owner(workspace, path)
    if owner is not None:
        run = workspace.store.find("run", owner)
        if run is not None and run["endTimeUtc"] is None:
            raise DataError(f"{path} is in use by step run {owner}: give the two steps different paths")
        path.unlink()  # left behind when the local workspace was killed
    if path.is_symlink() or path.exists():
        raise DataError(f"{path} is there already: choose a path_on_compute where nothing is")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def remove_link(workspace: LocalWorkspace, run_id: str, path: Path) -> None:
    """Called when a step has ended: what it has outside of its own folder goes."""
    if _owner(workspace, path) == run_id and not path.is_relative_to(run_folder(workspace, run_id)):
        path.unlink()


def _owner(workspace: LocalWorkspace, path: Path) -> str | None:
    """The run whose folder a link points into."""
    runs = workspace.folder / "runs"
    if not path.is_symlink() or not path.readlink().is_relative_to(runs):
        return None
    return path.readlink().relative_to(runs).parts[0]
