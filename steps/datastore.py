"""Folders on the workspace's default datastore: sent under a path that their content decides, and brought back."""

import re
from collections.abc import Collection
from functools import cached_property
from pathlib import Path

from config.errors import ModelError
from steps.registration.saved_model import content_hash
from workspaces.errors import RequestError
from workspaces.workspace import Workspace

CONTENT_NAMED = re.compile(r"amlgpu/\w+/([0-9a-f]{64})")


class RemoteFolder:
    """A folder on the default datastore, which is brought to ``target`` when somebody asks for its files."""

    def __init__(self, workspace: Workspace, path: str, target: Path) -> None:
        self._workspace, self._path, self._target = workspace, path, target

    @cached_property
    def folder(self) -> Path:
        """Its files, here. ModelError when nothing lies there."""
        return download_folder(self._workspace, self._path, self._target)

    @cached_property
    def content_hash(self) -> str:
        """Of its files: the name that upload_folder() gave it, else it is brought and read."""
        named = CONTENT_NAMED.fullmatch(self._path.strip("/"))
        return named[1] if named else content_hash(self.folder)


def upload_folder(workspace: Workspace, folder: Path, kind: str) -> str:
    """Upload ``folder`` to ``amlgpu/<kind>/<SHA-256 of its content>`` and return that path.

    Files that are there already, with the right size, aren't sent again: the same folder costs one listing.
    """
    destination = f"amlgpu/{kind}/{content_hash(folder)}"
    there = workspace.files.sizes(destination)
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    missing = {name: path for name, path in files.items() if there.get(name) != path.stat().st_size}
    workspace.files.upload({f"{destination}/{name}": path for name, path in missing.items()})
    return destination


def download_folder(workspace: Workspace, path: str, folder: Path, only: Collection[str] = ()) -> Path:
    """Download what lies below ``path`` on the default datastore, or ``only`` these files of it, into ``folder``.

    ModelError when nothing lies there, or one of the files is missing.
    """
    path = path.strip("/")
    if not only:
        _download(workspace, path, folder, _names(workspace, path))
        return folder
    try:
        _download(workspace, path, folder, only)  # a listing of thousands takes longer than a few of them
    except RequestError:
        if missing := set(only) - _names(workspace, path):
            datastore = workspace.files.datastore
            raise ModelError(f"{path}: {min(missing)} is not there any more, on the datastore {datastore}") from None
        raise
    return folder


def _names(workspace: Workspace, path: str) -> set[str]:
    names = set(workspace.files.sizes(path))
    if not names:
        raise ModelError(f"{path}: no such folder on the datastore {workspace.files.datastore}")
    return names


def _download(workspace: Workspace, path: str, folder: Path, names: Collection[str]) -> None:
    workspace.files.download({f"{path}/{name}": _within(folder, path, name) for name in names})


def _within(folder: Path, path: str, name: str) -> Path:
    target = folder / name
    if not target.resolve().is_relative_to(folder.resolve()):
        raise ModelError(f"{path}: the blob {name} points out of the folder")
    return target
