"""Folders on the workspace's default datastore: sent under a path that their content decides, and brought back."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from threading import Lock

from config.errors import ModelError
from steps.folders.manifest import check_files, check_whole, manifest_of
from steps.folders.stored_names import MANIFEST, UNFINISHED, unstorable
from steps.folders.tree import Stamp, changed, files_in, unreadable
from steps.registration.saved_model import content_hash
from workspaces.errors import RequestError
from workspaces.files import leads_out
from workspaces.workspace import Workspace

SAMPLES = "validation"
"""Kind of folders of which few files are brought at a time."""
Progress = Callable[[str, int, int], None]
"""Called with the kind of what is sent, the bytes of it that are there, and all its bytes; by any thread."""


def unwatched(_kind: str, _there: int, _total: int) -> None:
    """Of an upload that nobody watches."""


def upload_folder(workspace: Workspace, folder: Path, kind: str, progress: Progress = unwatched) -> str:
    """Upload ``folder`` to ``amlgpu/<kind>/<SHA-256>`` and return that path: of its content, or of SAMPLES' manifest.

    Files that are there already, with the right size, aren't sent again: the same folder costs one listing, and an
    upload that was cut is taken up where it was. Until all has come, list_folder() refuses the folder. ModelError, and
    nothing is sent, for a file that can't be read or stored; also where one changes meanwhile.
    """
    files = files_in(folder)
    if problem := next(unstorable(files), None):
        raise ModelError(f"{folder.name}: {problem}")
    stamps = {name: _stamp(folder, name, path) for name, path in files.items()}
    manifest = manifest_of(folder, files) if kind == SAMPLES else None
    digest = content_hash(folder) if manifest is None else hashlib.sha256(manifest).hexdigest()
    destination = f"amlgpu/{kind}/{digest}"
    there = workspace.files.sizes(destination)
    sizes = {name: stamp.size for name, stamp in stamps.items()}
    missing = [name for name, size in sizes.items() if there.get(name) != size]
    if not missing and UNFINISHED not in there and (manifest is None or MANIFEST in there):
        return destination
    workspace.files.write(f"{destination}/{UNFINISHED}", b"", None)
    if manifest is not None:
        workspace.files.write(f"{destination}/{MANIFEST}", manifest, None)
    count = _Count(kind, sum(sizes.values()) - sum(sizes[name] for name in missing), sum(sizes.values()), progress)
    try:
        workspace.files.upload({f"{destination}/{name}": files[name] for name in missing}, count)
    except OSError as error:
        name = next((name for name in missing if str(files[name]) == str(error.filename)), None)
        if name is None:
            raise
        raise unreadable(folder, name, error) from None
    _check_unchanged(workspace, folder, {name: stamps[name] for name in missing}, destination)
    workspace.files.delete(f"{destination}/{UNFINISHED}")
    return destination


def _check_unchanged(workspace: Workspace, folder: Path, stamps: Mapping[str, Stamp], destination: str) -> None:
    """ModelError where a file isn't any more what its hash was taken of; what came of it isn't left there."""
    differing = [name for name, stamp in stamps.items() if not _is_still(folder / name, stamp)]
    for name in differing:
        workspace.files.delete(f"{destination}/{name}")
    if differing:
        raise changed(folder, differing[0])


def _is_still(path: Path, stamp: Stamp) -> bool:
    try:
        return Stamp.of(path.stat()) == stamp
    except OSError:
        return False


def _stamp(folder: Path, name: str, path: Path) -> Stamp:
    try:
        return Stamp.of(path.stat())
    except OSError as error:
        raise unreadable(folder, name, error) from None


class _Count:
    """Adds up what several threads send."""

    def __init__(self, kind: str, there: int, total: int, progress: Progress) -> None:
        self._kind, self._there, self._total, self._progress = kind, there, total, progress
        self._lock = Lock()
        self(0)

    def __call__(self, sent: int) -> None:
        with self._lock:
            self._there += sent
            self._progress(self._kind, self._there, self._total)


def list_folder(workspace: Workspace, path: str) -> dict[str, int]:
    """Bytes of every file below ``path`` on the default datastore, by its path from there.

    ModelError when nothing lies there, or not all of it has come.
    """
    files = workspace.files
    sizes = files.sizes(path.strip("/"))
    sizes.pop(MANIFEST, None)
    if not sizes:
        raise ModelError(f"{path.strip('/')}: no such folder on the datastore {files.datastore}")
    if UNFINISHED in sizes:
        raise ModelError(
            f"{path.strip('/')}: its upload to the datastore {files.datastore} was cut, or goes on: run `amlgpu run` "
            "with the folder that it was of, which takes it up where it was"
        )
    return sizes


def download_folder(workspace: Workspace, path: str, folder: Path, only: Collection[str] = ()) -> Path:
    """Download what lies below ``path`` on the default datastore, or ``only`` these files of it, into ``folder``.

    ModelError when nothing lies there, not all of it has come, or one of the files is missing; TamperedError where one
    isn't what was uploaded.
    """
    if not only:
        names = list_folder(workspace, path)
        _download(workspace, path, folder, names)
        check_whole(workspace, path.strip("/"), folder, names)
        return folder
    try:
        download_files(workspace, path, folder, only)  # a listing of thousands takes longer than a few of them
    except RequestError:
        if missing := set(only) - list_folder(workspace, path).keys():
            datastore = workspace.files.datastore
            raise ModelError(
                f"{path.strip('/')}: {min(missing)} is not there any more, on the datastore {datastore}"
            ) from None
        raise
    return folder


def download_files(workspace: Workspace, path: str, folder: Path, names: Iterable[str]) -> None:
    """Download files of a folder that was listed. TamperedError where one isn't what was uploaded."""
    wanted = list(names)
    _download(workspace, path, folder, wanted)
    check_files(workspace, path.strip("/"), folder, wanted)


def _download(workspace: Workspace, path: str, folder: Path, names: Iterable[str]) -> None:
    path = path.strip("/")
    workspace.files.download({f"{path}/{name}": _within(folder, path, name) for name in names})


def _within(folder: Path, path: str, name: str) -> Path:
    if leads_out(folder, name):
        raise ModelError(f"{path}: the blob {name!r} points out of the folder")
    return folder / name
