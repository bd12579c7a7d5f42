"""What lies in a folder of validation data, where most of it may still be on a datastore."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Contents:
    """The files of a folder. Those that say what is right are in it; images need not be, until they are read."""

    folder: Path
    sizes: Mapping[str, int]
    """Bytes of every file, by its path in the folder."""
    classes: tuple[str, ...] = ()
    """Names of the folders in it, sorted, but those that are hidden."""
    links: tuple[str, ...] = ()
    """Paths in it, sorted, of links to folders, and to what isn't there: neither is looked into, nor uploaded."""


def contents_of(data: Path | Contents) -> Contents:
    """Those of a folder on this machine, which need not be there; contents are what they are."""
    if isinstance(data, Contents):
        return data
    return Contents(data, dict(_files(data)), tuple(sorted(_folders(data))), tuple(sorted(_links(data))))


def contents_elsewhere(folder: Path, sizes: Mapping[str, int]) -> Contents:
    """Those of a folder on a datastore, which knows no empty folders, as they are to lie in ``folder``."""
    first = {name.split("/", 1)[0] for name in sizes if "/" in name}
    return Contents(folder, sizes, tuple(sorted(name for name in first if not is_hidden(name))))


def is_hidden(name: str) -> bool:
    """Whether a file or folder is none of the data: a dot begins it, or macOS added it to a zip file."""
    return name.startswith(".") or name == "__MACOSX"


def _files(folder: Path) -> Iterator[tuple[str, int]]:
    start = len(str(folder)) + 1
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)  # noqa: PTH118 -- ten times as fast, and there may be 50,000
            if os.path.isfile(path):  # noqa: PTH113
                yield path[start:].replace(os.sep, "/"), os.path.getsize(path)  # noqa: PTH202


def _links(folder: Path) -> Iterator[str]:
    start = len(str(folder)) + 1
    for parent, folders, names in os.walk(folder):
        for name in (*folders, *names):
            path = os.path.join(parent, name)  # noqa: PTH118 -- as above
            if os.path.islink(path) and not os.path.isfile(path):  # noqa: PTH113, PTH114
                yield path[start:].replace(os.sep, "/")


def _folders(folder: Path) -> Iterator[str]:
    if folder.is_dir():
        yield from (path.name for path in folder.iterdir() if path.is_dir() and not is_hidden(path.name))
