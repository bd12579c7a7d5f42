"""Folders on the workspace's default datastore: sent under a path that their content decides, and brought back."""

from collections.abc import Collection
from pathlib import Path

from config.errors import ModelError
from steps.registration.saved_model import content_hash
from workspaces.workspace import Workspace


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
    files, path = workspace.files, path.strip("/")
    names = set(files.sizes(path))
    if not names:
        raise ModelError(f"{path}: no such folder on the datastore {files.datastore}")
    if missing := set(only) - names:
        raise ModelError(f"{path}: {min(missing)} is not there any more, on the datastore {files.datastore}")
    files.download({f"{path}/{name}": _within(folder, path, name) for name in only or names})
    return folder


def _within(folder: Path, path: str, name: str) -> Path:
    target = folder / name
    if not target.resolve().is_relative_to(folder.resolve()):
        raise ModelError(f"{path}: the blob {name} points out of the folder")
    return target
