"""The layers that are files: a target's says where, a service's says what, and what is different on a target."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import yaml

from config.errors import ConfigError
from config.loading.folder import shown
from config.loading.layers import Layer, Value, settle_aliases
from config.loading.names import SERVICE, TARGET, names, nearest
from config.loading.yaml_text import parse_yaml

WHERE = ("workspace", "compute", "cluster")
"""Sections of a target's file."""
EITHER = ("environment",)
"""Sections that may stand in both kinds of files."""
OVERRIDES = "targets"
"""Of a service's file: sections again, by the target for which they are meant."""


def target_layer(target: str, folder: Path, sections: Collection[str]) -> Layer:
    """Every ``section.key`` of the target's file; ``sections`` are all that there are."""
    file = TARGET.file(target, folder)
    name, content = shown(file), read_yaml(file)
    what = [section for section in sections if section not in WHERE + EITHER]
    for section in content:
        if section in what or section == OVERRIDES:
            raise ConfigError(
                f"{name}: {section} says what is served, not where: it belongs in {shown(SERVICE.file('NAME', folder))}"
                f", and what is meant for {target} alone below `{OVERRIDES}: {target}:` there"
            )
    return _layer(content, name, WHERE + EITHER)


def service_layer(service: str, target: str, folder: Path, sections: Collection[str]) -> Layer:
    """What the service's file says for ``target``: names that follow from its own, its keys, those of the target."""
    file = SERVICE.file(service, folder)
    name, content = shown(file), read_yaml(file)
    overrides = content.pop(OVERRIDES, {})
    if not isinstance(overrides, dict):
        raise ConfigError(f"{name}: {OVERRIDES} = {overrides!r}: must hold names of targets with sections below them")
    what = [section for section in sections if section not in WHERE]
    known = names(TARGET, folder)
    own: Layer = {}
    for other, changed in overrides.items():
        if other not in known:
            raise ConfigError(f"{name}: {OVERRIDES}.{other}: there is no such target; {nearest(str(other), known)}")
        layer = _what(changed, f"{name} ({OVERRIDES}.{other})", folder, what)
        own = layer if other == target else own
    return _following(service, name) | _what(content, name, folder, what) | own


def read_yaml(file: Path) -> dict[Any, Any]:
    """The mapping in a file; ConfigError, which names it, for anything else."""
    name = shown(file)
    try:
        content = parse_yaml(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{name}: can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name}: isn't UTF-8: {error.reason} at byte {error.start}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}: {_wrong(error)}") from None
    except RecursionError:
        raise ConfigError(f"{name}: lists or sections are nested too deeply: a setting needs two levels") from None
    return {} if content is None else _mapping(content, name)  # a service that is as its model tells needs no word


def _wrong(error: yaml.YAMLError) -> str:
    """Where YAML ends to be YAML, and why; PyYAML's own words call a text that it is given "<unicode string>"."""
    mark = getattr(error, "problem_mark", None)
    where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    said = [getattr(error, "context", None), getattr(error, "problem", None)]
    why = ", ".join(filter(None, said)) or getattr(error, "reason", None) or " ".join(str(error).split())
    return f"isn't valid YAML{where}: {why}"


def _following(service: str, name: str) -> Layer:
    """What Azure ML stores under a name, as it is called unless the file says otherwise."""
    release = f"{service}-release"
    values = {
        "model.name": service,
        "service.name": service,
        "pipeline.name": release,
        "pipeline.endpoint": release,
        "schedule.name": release,
    }
    return {key: Value(value, name) for key, value in values.items()}


def _what(content: object, name: str, folder: Path, sections: Collection[str]) -> Layer:
    known = _mapping(content, name)
    for section in known:
        if section in WHERE:
            raise ConfigError(
                f"{name}: {section} says where, not what is served: it belongs in {shown(TARGET.file('NAME', folder))}"
            )
    return _layer(known, name, sections)


def _layer(content: dict[Any, Any], name: str, sections: Collection[str]) -> Layer:
    return settle_aliases({key: Value(value, name) for key, value in _flatten(content, name, sections)}, name)


def _flatten(content: dict[Any, Any], name: str, sections: Collection[str]) -> Iterator[tuple[str, object]]:
    for section, keys in content.items():
        if section not in sections:
            raise ConfigError(f"{name}: unknown section {section}: {nearest(str(section), list(sections))}")
        if not isinstance(keys, dict):
            raise ConfigError(f"{name}: {section} = {keys!r}: must be a section with indented keys")
        yield from ((f"{section}.{key}", value) for key, value in keys.items())


def _mapping(content: object, name: str) -> dict[Any, Any]:
    if not isinstance(content, dict):
        raise ConfigError(f"{name}: must hold sections such as 'service:' with indented keys")
    return content
