"""Copies of this project's own code, as if nobody worked in it."""

import shutil
from pathlib import Path

from config.errors import ConfigError, ModelError
from steps.folders.tree import LeftOut, files_in

TRIES = 3
"""An editor writes a file by the side and puts it in its place: what was listed may have gone a moment later."""
BY_TOOLS = ("__pycache__",)
ENDINGS = (".pyc", "~", ".swp", ".tmp")


def no_source(name: str) -> bool:
    """Whether a file or folder is what editors and tools leave beside the code: hidden, a backup, byte code."""
    return name.startswith((".", "#")) or name in BY_TOOLS or name.endswith(ENDINGS)


def copy_source(source: Path, copy: Path, left_out: LeftOut = no_source) -> None:
    """Copy the files of ``source`` to the folder ``copy``. ConfigError names what can't be copied."""
    if not any(_copied(source, copy, left_out) for _ in range(TRIES)):
        raise ConfigError(f"{source}: files come and go while it is copied: run this again when nothing writes there")


def _copied(source: Path, copy: Path, left_out: LeftOut) -> bool:
    """False, and nothing is left there, when a file has gone since it was listed."""
    try:
        _copy(source, copy, left_out)
    except FileNotFoundError:
        shutil.rmtree(copy, ignore_errors=True)
        return False
    except OSError as error:
        raise ConfigError(f"{error.filename}: can't be copied: {error.strerror}") from None
    return True


def _copy(source: Path, copy: Path, left_out: LeftOut) -> None:
    try:
        files = files_in(source, left_out)
    except ModelError as error:
        raise ConfigError(f"the code in {source}, which is copied: {error}") from None
    for name, file in files.items():
        place = copy / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, place)
