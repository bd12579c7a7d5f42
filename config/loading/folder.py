"""The folder of the targets' files: this project's own, or a team's. Light, for `amlgpu --help` imports it."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from config.errors import ConfigError

FOLDER = Path(__file__).parents[1]
"""The settings that this project brings."""
FOLDER_VARIABLE = "AMLGPU_CONFIG"


def config_folder(environ: Mapping[str, str]) -> Path:
    """The folder of the targets' files: AMLGPU_CONFIG, else the project's own. ConfigError when there is none."""
    folder = Path(environ.get(FOLDER_VARIABLE) or FOLDER)
    if not folder.is_dir():
        raise ConfigError(f"{FOLDER_VARIABLE} = {str(folder)!r}: there is no such folder")
    return folder


def config_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Of an environment, what says where the files are, and none of the settings."""
    return {name: environ[name] for name in (FOLDER_VARIABLE,) if name in environ}


def target_options(target: str, environ: Mapping[str, str] = os.environ) -> str:
    """The options with which another verb reads the same files, as text to be typed."""
    folder = environ.get(FOLDER_VARIABLE)
    return f"--target {target}" + (f" --config {shlex.quote(folder)}" if folder else "")


def file_name(target: str, folder: Path = FOLDER) -> str:
    """The target's file as messages name it."""
    return f"{'config' if folder == FOLDER else folder}/{target}.yml"
