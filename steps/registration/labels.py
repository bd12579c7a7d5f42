"""The names of a model's classes, from the file that the settings name."""

import os
from collections.abc import Mapping
from pathlib import Path

from config.errors import ConfigError
from config.loading.folder import config_folder
from config.settings import Task


def read_label_names(task: Task, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """One name a line in the order of the classes, UTF-8, as ``task.labels`` names the file; empty where it doesn't.

    ConfigError for a file that isn't there or isn't text, and for a name that is empty or there twice.
    """
    if task.labels is None:
        return ()
    return read_names(config_folder(environ) / task.labels, f"task.labels={task.labels}")


def read_names(file: Path, where: str) -> tuple[str, ...]:
    """The same of a file; ``where`` says in messages who names it."""
    try:
        names = tuple(line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines())
    except OSError as error:
        raise ConfigError(f"{where}: {file} can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where}: {file} isn't UTF-8: {error.reason} at byte {error.start}") from None
    if not names:
        raise ConfigError(f"{where}: {file} is empty: write the name of a class on each line")
    lines: dict[str, int] = {}
    for line, name in enumerate(names, start=1):
        if not name:
            raise ConfigError(f"{where}: {file} line {line} is empty: write a class's name, or remove the line")
        if lines.setdefault(name, line) != line:
            raise ConfigError(f"{where}: {file} lines {lines[name]} and {line} are both {name!r}")
    return names
