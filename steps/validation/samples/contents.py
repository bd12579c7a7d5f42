"""What lies in a folder of validation data, where most of it may still be on a datastore."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from steps.folders.tree import read_tree, told


@dataclass(frozen=True)
class Contents:
    """The files of a folder. Those that say what is right are in it; images need not be, until they are read."""

    folder: Path
    sizes: Mapping[str, int]
    """Bytes of every file, by its path in the folder."""
    classes: tuple[str, ...] = ()
    """Names of the folders in it, sorted, but those that are hidden."""
    problems: tuple[str, ...] = ()
    """A line for each thing in it that can't be taken, as read_tree() tells them."""


def contents_of(data: Path | Contents) -> Contents:
    """Those of a folder on this machine, which need not be there; contents are what they are."""
    if isinstance(data, Contents):
        return data
    tree = read_tree(data)
    sizes = {name: size for name, path in tree.files.items() if (size := _size(path)) is not None}
    return Contents(data, sizes, tuple(sorted(_folders(data))), tuple(told(data, tree.problems)))


def contents_elsewhere(folder: Path, sizes: Mapping[str, int]) -> Contents:
    """Those of a folder on a datastore, which knows no empty folders, as they are to lie in ``folder``."""
    first = {name.split("/", 1)[0] for name in sizes if "/" in name}
    return Contents(folder, sizes, tuple(sorted(name for name in first if not is_hidden(name))))


def is_hidden(name: str) -> bool:
    """Whether a file or folder is none of the data: a dot begins it, or macOS added it to a zip file."""
    return name.startswith(".") or name == "__MACOSX"


def _size(file: Path) -> int | None:
    """None where it has gone since it was listed."""
    try:
        return os.path.getsize(file)  # noqa: PTH202 -- a third of the time, and there may be 50,000
    except FileNotFoundError:
        return None


def _folders(folder: Path) -> Iterator[str]:
    if folder.is_dir():
        yield from (path.name for path in folder.iterdir() if path.is_dir() and not is_hidden(path.name))
