"""What a shell offers on Tab. It waits meanwhile, so this reads names of files and the checked-in schemas alone."""

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from config.errors import ConfigError
from config.loading.folder import FOLDER, config_folder
from config.loading.names import SERVICE, TARGET, Kind, names

SCHEMAS = ("target.schema.json", "service.schema.json")
LOCAL_VERBS = ("up", "down", "status", "env", "clock", "datastores", "fault", "cluster", "reset", "studio", "serve")
Property = dict[str, Any]


def targets(context: typer.Context, incomplete: str) -> list[str]:
    """Names of the targets' files that begin so."""
    return _names(TARGET, context, incomplete)


def services(context: typer.Context, incomplete: str) -> list[str]:
    """Names of the services' files that begin so."""
    return _names(SERVICE, context, incomplete)


def settings_keys(incomplete: str) -> list[tuple[str, str]]:
    """``section.key=`` with what it says; behind the equals sign the values, where there are only so many."""
    key, equals, begun = incomplete.partition("=")
    if not equals:
        return [(f"{name}=", _short(one)) for name, one in _properties() if name.startswith(incomplete)]
    values = [value for name, one in _properties() if name == key for value in _values(one)]
    return [(f"{key}={value}", "") for value in values if value.startswith(begun)]


def local_verbs(incomplete: str) -> list[str]:
    """Verbs of `amlgpu local` that begin so."""
    return [verb for verb in LOCAL_VERBS if verb.startswith(incomplete)]


def _names(kind: Kind, context: typer.Context, incomplete: str) -> list[str]:
    chosen: Path | None = context.params.get("config")
    try:
        return [name for name in names(kind, chosen or config_folder({})) if name.startswith(incomplete)]
    except (ConfigError, OSError):  # a verb says it better than a list that pops up
        return []


def _properties() -> Iterator[tuple[str, Property]]:
    for file in SCHEMAS:
        schema = json.loads((FOLDER / file).read_text(encoding="utf-8"))
        for section, reference in schema["properties"].items():
            kind = schema["$defs"].get(str(reference.get("$ref")).rpartition("/")[2], {})
            yield from ((f"{section}.{key}", one) for key, one in kind.get("properties", {}).items())


def _short(one: Property) -> str:
    """What a key says, in a line beside it."""
    return textwrap.shorten(one.get("description", ""), 60, placeholder=" …")


def _values(one: Property) -> list[str]:
    """All that the key may be, where that is a list; as YAML writes it."""
    if one.get("type") == "boolean":
        return ["true", "false"]
    kinds = [one, *one.get("anyOf", [])]
    return [value for kind in kinds for value in kind.get("enum", [])]
