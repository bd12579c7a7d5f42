"""The folder of the settings, this project's own or a team's: targets/*.yml say where, services/*.yml say what.

Light, for `amlgpu --help` imports it.
"""

from collections.abc import Mapping
from pathlib import Path

from config.errors import ConfigError

FOLDER = Path(__file__).parents[1]
"""The settings that this project brings."""
FOLDER_VARIABLE = "AMLGPU_CONFIG"


def config_folder(environ: Mapping[str, str]) -> Path:
    """The folder of the settings: AMLGPU_CONFIG, else the project's own. ConfigError when there is none."""
    folder = Path(environ.get(FOLDER_VARIABLE) or FOLDER)
    if not folder.is_dir():
        raise ConfigError(f"{FOLDER_VARIABLE} = {str(folder)!r}: there is no such folder")
    return folder


def config_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Of an environment, what says where the files are, and none of the settings."""
    return {name: environ[name] for name in (FOLDER_VARIABLE,) if name in environ}


def shown(path: Path) -> str:
    """A path in a folder of settings as messages name it."""
    return str(Path("config") / path.relative_to(FOLDER)) if path.is_relative_to(FOLDER) else str(path)
