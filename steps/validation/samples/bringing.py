"""Validation data on a datastore: what it lists is brought, and of the images those that are asked about."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from config.errors import ModelError
from scoring.contract import Contract
from steps.folders.datastore import download_files, list_folder
from steps.folders.manifest import CONTENT_NAMED, check_listed
from steps.validation.samples.bodies import files_of
from steps.validation.samples.contents import Contents, contents_elsewhere
from steps.validation.samples.json_lines import is_lines
from steps.validation.samples.labels_file import FILE
from steps.validation.samples.loading import choose, layout_of, list_layout, load
from steps.validation.samples.sample import Sample
from workspaces.workspace import Workspace


def bring_samples(
    workspace: Workspace, path: str, folder: Path, contract: Contract | None, count: int
) -> tuple[Contents, list[Sample]]:
    """What lies in the folder ``path`` on the datastore, and what load() gives of it, whose files come into ``folder``.

    ModelError as load()'s, and when nothing lies there.
    """
    contents = bring_listing(workspace, path, folder)
    samples = load(contents, contract, count)
    _bring(workspace, path, contents, (sample.name for sample in samples))
    return contents, samples


def bring_evidence(workspace: Workspace, path: str, folder: Path, count: int) -> Contents:
    """What tells of a model: all that is listed, the first sample, and those that load() gives for ``count``.

    ModelError when nothing lies there. Data that can't be used is told by who uses it.
    """
    contents = bring_listing(workspace, path, folder)
    try:
        samples = list_layout(contents, layout_of(contents)).samples
    except ModelError:
        return contents
    _bring(workspace, path, contents, (listed.name for listed in (*samples[:1], *choose(samples, count))))
    return contents


class RemoteSamples:
    """Validation data on the datastore: what tells of a model is brought to ``folder`` when somebody asks for it."""

    def __init__(self, workspace: Workspace, path: str, folder: Path, count: int) -> None:
        self._workspace, self._path, self._folder, self._count = workspace, path, folder, count

    @cached_property
    def contents(self) -> Contents:
        """As bring_evidence()."""
        return bring_evidence(self._workspace, self._path, self._folder, self._count)

    @property
    def content_hash(self) -> str | None:
        """Of its files, or of their manifest, where upload_folder() named it by that."""
        named = CONTENT_NAMED.fullmatch(self._path.strip("/"))
        return named[1] if named else None


def bring_listing(workspace: Workspace, path: str, folder: Path) -> Contents:
    """What lies in the folder, and the files that say what is right."""
    sizes = list_folder(workspace, path)
    check_listed(workspace, path.strip("/"), sizes)
    folder.mkdir(parents=True, exist_ok=True)
    tables = [FILE] if FILE in sizes else [name for name in sizes if is_lines(name)]
    download_files(workspace, path, folder, tables)
    return contents_elsewhere(folder, sizes)


def _bring(workspace: Workspace, path: str, contents: Contents, names: Iterable[str]) -> None:
    here = {file.name for file in contents.folder.iterdir()}
    download_files(workspace, path, contents.folder, [name for name in files_of(names) if name not in here])
