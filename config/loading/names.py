"""Which targets and services there are, by the names of their files, and which of them is meant."""

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from config.errors import ConfigError
from config.loading.folder import shown

SAFE = re.compile(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?")


class Kind(NamedTuple):
    """One of the two kinds of files: what it describes, and how one of them is chosen."""

    word: str
    option: str
    variable: str
    usual: str | None = None
    """The one that is meant where nobody chose, if there is such a file."""

    @property
    def folder(self) -> str:
        return f"{self.word}s"

    def file(self, name: str, folder: Path) -> Path:
        return folder / self.folder / f"{name}.yml"


TARGET = Kind("target", "--target", "AMLGPU_TARGET", usual="local")
SERVICE = Kind("service", "--service", "AMLGPU_SERVICE")


def names(kind: Kind, folder: Path) -> list[str]:
    """Names of all files of that kind, sorted. ConfigError for one whose name can't be a name in Azure ML."""
    place = folder / kind.folder
    files = sorted(file for file in place.glob("[!.]*") if file.suffix in (".yml", ".yaml") and file.is_file())
    for file in files:
        if file.suffix == ".yaml" or not SAFE.fullmatch(file.stem):
            raise ConfigError(
                f"{shown(file)}: name it NAME.yml, with a NAME of at most 32 of a-z, 0-9 and '-' that begins with a "
                "letter and doesn't end with '-'"
            )
    return sorted(file.stem for file in files)


def choose(kind: Kind, asked: str | None, environ: Mapping[str, str], folder: Path) -> str:
    """The one asked for, else the variable's, else the usual one, else the only one.

    ConfigError, with all that there are, when there is none of that name, or several and nobody chose.
    """
    known = names(kind, folder)
    if not known:
        raise ConfigError(f"{shown(folder / kind.folder)}: holds no {kind.word}: write one, {kind.folder}/NAME.yml")
    if chosen := asked or environ.get(kind.variable):
        if chosen not in known:
            origin = kind.option if asked else kind.variable
            raise ConfigError(f"{origin} = {chosen!r}: there is no such {kind.word}; {nearest(chosen, known)}")
        return chosen
    if kind.usual in known:
        return str(kind.usual)
    if len(known) == 1:
        return known[0]
    raise ConfigError(
        f"There are several {kind.folder}: choose one with {kind.option} (or {kind.variable}): {', '.join(known)}"
    )


def nearest(name: str, known: Sequence[str]) -> str:
    """A hint for an unknown name: the known one that looks most like it, else all of them."""
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"the known ones are {', '.join(known)}"
