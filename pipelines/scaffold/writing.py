"""Puts the files of a new service into the folder of the settings, whole or not at all."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from config.errors import ConfigError
from config.loading.folder import config_folder, shown
from config.loading.names import SERVICE
from config.settings import Settings, load_settings

SCHEMA = "service.schema.json"


def paths_of(service: str, *, overwrite: bool) -> tuple[Path, Path]:
    """The service's file and that of its labels. ConfigError for one that is there, unless it may be overwritten."""
    folder = config_folder(os.environ)
    file = SERVICE.file(service, folder)
    paths = file, file.with_suffix(".txt")
    there = [path for path in paths if path.exists()]
    if there and not overwrite:
        raise ConfigError(
            f"{', '.join(map(shown, there))}: there already: choose another name with --name, or replace it with "
            "--overwrite"
        )
    return paths


def schema_of(file: Path) -> str | None:
    """The path of the JSON Schema from a service's file; None where there is none, as in a team's own folder."""
    return f"../{SCHEMA}" if (file.parents[1] / SCHEMA).is_file() else None


def write(service: str, texts: Mapping[Path, str], target: str | None) -> Settings:
    """Write the files, and read them as every other verb does. ConfigError, and all is as before, where that fails."""
    before = {path: path.read_bytes() if path.is_file() else None for path in texts}
    try:
        for path, text in texts.items():
            _replace(path, text.encode())
        return load_settings(target, service=service)
    except OSError as error:
        _put_back(before)
        raise ConfigError(f"{error.filename}: can't be written: {error.strerror}") from None
    except BaseException:
        _put_back(before)
        raise


def _put_back(before: Mapping[Path, bytes | None]) -> None:
    for path, content in before.items():
        with suppress(OSError):
            if content is None:
                path.unlink(missing_ok=True)
            else:
                _replace(path, content)


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.tmp")
    draft.write_bytes(content)
    draft.replace(path)
