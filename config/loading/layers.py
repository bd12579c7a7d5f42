"""The sources of the settings, in the order in which later ones win: file, environment, command line."""

import types
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, Union, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config.errors import ConfigError
from config.loading.folder import FOLDER, FOLDER_VARIABLE, file_name

PREFIX = "AMLGPU_"
TARGET_VARIABLE = "AMLGPU_TARGET"
NO_SETTINGS = (TARGET_VARIABLE, FOLDER_VARIABLE, "AMLGPU_HOME", "AMLGPU_GIT_COMMIT")
TARGETS = ("local", "dev", "prod")
ALIASES = {"service.gpu_enabled": "service.enable_gpu"}


class Value(NamedTuple):
    """What a layer says about one key, and the words by which an error message names that layer."""

    value: object
    origin: str


Layer = dict[str, Value]  # "section.key" -> value


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML as usual, but a key given twice is an error rather than the last one's win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key, (key_node, _) in zip(keys, node.value, strict=True):
            if keys.count(key) > 1:
                raise yaml.MarkedYAMLError(problem=f"{key} is given twice", problem_mark=key_node.start_mark)
        return super().construct_mapping(node, deep)


def resolve_target(target: str | None, environ: Mapping[str, str]) -> str:
    """The target asked for, else AMLGPU_TARGET, else local."""
    chosen = target or environ.get(TARGET_VARIABLE) or "local"
    if chosen not in TARGETS:
        origin = "--target" if target else TARGET_VARIABLE
        raise ConfigError(f"{origin} = {chosen!r}: there is no such target; use {', '.join(TARGETS)}")
    return chosen


def file_layer(target: str, folder: Path = FOLDER) -> Layer:
    """Every ``section.key`` of the target's YAML file."""
    name = file_name(target, folder)
    try:
        text = (folder / f"{target}.yml").read_text(encoding="utf-8")
        content = yaml.load(text, _UniqueKeyLoader)  # noqa: S506 (a SafeLoader)
    except OSError as error:
        raise ConfigError(f"{name}: can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name}: isn't UTF-8: {error.reason} at byte {error.start}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}: isn't valid YAML: {' '.join(str(error).split())}") from None
    return _settle_aliases({key: Value(value, name) for key, value in _flatten(content, name)}, name)


def environment_layer(model: type[BaseModel], environ: Mapping[str, str]) -> Layer:
    """Every ``AMLGPU_<SECTION>__<KEY>`` of the environment; ConfigError for any other AMLGPU_* that nothing reads."""
    layer: Layer = {}
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name in NO_SETTINGS:
            continue
        section, _, key = name.removeprefix(PREFIX).lower().partition("__")
        if not key or not section_keys(model, section):
            raise _unknown_variable(model, name)
        layer[f"{section}.{key}"] = Value(_read(model, f"{section}.{key}", text), name)
    return _settle_aliases(layer, "the environment")


def override_layer(model: type[BaseModel], overrides: Mapping[str, str]) -> Layer:
    """Every ``section.key=value`` of the command line."""
    for key in overrides:
        if key.count(".") != 1:
            raise ConfigError(f"--set {key}: write section.key=value, as in service.replicas=3")
    layer = {key: Value(_read(model, key, text), f"--set {key}") for key, text in overrides.items()}
    return _settle_aliases(layer, "--set")


def _flatten(content: object, name: str) -> Iterator[tuple[str, object]]:
    if not isinstance(content, dict):
        raise ConfigError(f"{name}: must hold sections such as 'service:' with indented keys")
    for section, keys in content.items():
        if not isinstance(keys, dict):
            raise ConfigError(f"{name}: {section} = {keys!r}: must be a section with indented keys")
        yield from ((f"{section}.{key}", value) for key, value in keys.items())


def _settle_aliases(layer: Layer, name: str) -> Layer:
    for alias, key in ALIASES.items():
        if alias in layer and key in layer:
            raise ConfigError(f"{name}: {alias} and {key} are the same key: keep one")
    return {ALIASES.get(key, key): value for key, value in layer.items()}


def _unknown_variable(model: type[BaseModel], name: str) -> ConfigError:
    rest = name.removeprefix(PREFIX).lower()
    for section in sorted(model.model_fields, key=len, reverse=True):
        if rest.startswith(f"{section}_"):
            meant = f"{PREFIX}{section}__{rest.removeprefix(f'{section}_')}".upper()
            return ConfigError(f"{name}: did you mean {meant}? Two underscores part the section from the key")
    keys = [f"{section}__{key}" for section in model.model_fields for key in section_keys(model, section)]
    settings = [f"{PREFIX}{key}".upper() for key in keys]
    near = get_close_matches(name.upper(), [*NO_SETTINGS, *settings], n=1, cutoff=0)
    return ConfigError(f"{name}: there is no such variable; did you mean {near[0]}?")


def _read(model: type[BaseModel], key: str, text: str) -> object:
    """Text from outside as a value of the key's kind; unknown keys stay text, to be refused by name later."""
    field = find_field(model, ALIASES.get(key, key))
    if field is None:
        return text
    kinds = get_args(field.annotation) if get_origin(field.annotation) in (Union, types.UnionType) else ()
    if text == "null" and type(None) in kinds:
        return None
    if str in (field.annotation, *kinds):
        return text
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text


def find_field(model: type[BaseModel], key: str) -> FieldInfo | None:
    """The field behind ``section`` or ``section.key``, or None."""
    section, _, name = key.partition(".")
    if not name:
        return model.model_fields.get(section)
    return _section_fields(model, section).get(name)


def section_keys(model: type[BaseModel], section: str) -> list[str]:
    """Names of the keys of a section, in the order of the model."""
    return list(_section_fields(model, section))


def _section_fields(model: type[BaseModel], section: str) -> dict[str, FieldInfo]:
    field = model.model_fields.get(section)
    kind = field.annotation if field else None
    return dict(kind.model_fields) if isinstance(kind, type) and issubclass(kind, BaseModel) else {}


def nearest(key: str, known: list[str]) -> str:
    """A hint for an unknown key: the known one that looks most like it, else all of them."""
    near = get_close_matches(key, known, n=1)
    return f"did you mean {near[0]}?" if near else f"the known ones are {', '.join(known)}"
