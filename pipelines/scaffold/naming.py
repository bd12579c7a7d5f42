"""What a new service is called."""

import re
from pathlib import Path

from config.errors import ConfigError
from config.loading.names import SAFE

FEWEST, MOST = 3, 32
"""Characters of a web service's name in Azure ML."""
RULE = f"{FEWEST} to {MOST} of a-z, 0-9 and '-', beginning with a letter, not ending with '-'"


def service_name(asked: str | None, model: Path) -> str:
    """The one asked for, else one by the name of the model's folder; of a number, as versions have, its parent's.

    ConfigError for what can't be the name of a service.
    """
    name = asked if asked is not None else _by_folder(model)
    if name and SAFE.fullmatch(name) and len(name) >= FEWEST:
        return name
    if asked is not None:
        raise ConfigError(f"--name {asked!r}: the name of a service has {RULE}")
    raise ConfigError(f"--model {model}: no service can be called by this folder: give it a name with --name ({RULE})")


def _by_folder(model: Path) -> str:
    folder = model.resolve()
    own = folder.parent.name if folder.name.isdigit() else folder.name
    return re.sub(r"[^a-z0-9]+", "-", own.lower()).strip("-")[:MOST].strip("-")
