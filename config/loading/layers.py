"""The sources of the settings beside the files, in the order in which later ones win: environment, command line."""

import types
from collections.abc import Mapping
from difflib import get_close_matches
from typing import NamedTuple, Union, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config.errors import ConfigError
from config.loading.descriptions import description
from config.loading.folder import FOLDER_VARIABLE
from config.loading.names import SERVICE, TARGET, nearest
from config.loading.options import OPTIONS_VARIABLE
from config.loading.yaml_text import parse_yaml

PREFIX = "AMLGPU_"
NO_SETTINGS = (
    TARGET.variable,
    SERVICE.variable,
    FOLDER_VARIABLE,
    OPTIONS_VARIABLE,
    "AMLGPU_HOME",
    "AMLGPU_SUMMARY",
    "AMLGPU_GIT_COMMIT",
)
ALIASES = {"service.gpu_enabled": "service.enable_gpu"}


class Value(NamedTuple):
    """What a layer says about one key, and the words by which an error message names that layer."""

    value: object
    origin: str


Layer = dict[str, Value]  # "section.key" -> value


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
    return settle_aliases(layer, "the environment")


def override_layer(model: type[BaseModel], overrides: Mapping[str, str]) -> Layer:
    """Every ``section.key=value`` of the command line."""
    for key in overrides:
        if key.count(".") != 1:
            raise ConfigError(f"--set {key}: write section.key=value, as in service.replicas=3")
        section = key.partition(".")[0]
        if section not in sections(model):
            raise ConfigError(f"--set {key}: unknown section {section}: {nearest(section, sections(model))}")
    layer = {key: Value(_read(model, key, text), f"--set {key}") for key, text in overrides.items()}
    return settle_aliases(layer, "--set")


def settle_aliases(layer: Layer, name: str) -> Layer:
    """Each key under its own name; ConfigError where it is given under both of its names."""
    for alias, key in ALIASES.items():
        if alias in layer and key in layer:
            raise ConfigError(f"{name}: {alias} and {key} are the same key: keep one")
    return {ALIASES.get(key, key): value for key, value in layer.items()}


def _unknown_variable(model: type[BaseModel], name: str) -> ConfigError:
    rest = name.removeprefix(PREFIX).lower()
    for section in sorted(sections(model), key=len, reverse=True):
        if rest.startswith(f"{section}_"):
            meant = f"{PREFIX}{section}__{rest.removeprefix(f'{section}_')}".upper()
            return ConfigError(f"{name}: did you mean {meant}? Two underscores part the section from the key")
    keys = [f"{section}__{key}" for section in sections(model) for key in section_keys(model, section)]
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
        return parse_yaml(text)
    except (yaml.YAMLError, RecursionError):
        return text


def find_field(model: type[BaseModel], key: str) -> FieldInfo | None:
    """The field behind ``section`` or ``section.key``, or None."""
    section, _, name = key.partition(".")
    if not name:
        return model.model_fields.get(section)
    return _section_fields(model, section).get(name)


def describe(model: type[BaseModel], key: str) -> str:
    """What ``section`` or ``section.key`` says of itself; empty for an unknown one."""
    section, _, name = key.partition(".")
    kind = _section(model, section)
    return description(kind, name) if name and kind else description(model, section)


def sections(model: type[BaseModel]) -> list[str]:
    """Names of the sections, in the order of the model."""
    return [name for name in model.model_fields if _section_fields(model, name)]


def section_keys(model: type[BaseModel], section: str) -> list[str]:
    """Names of the keys of a section, in the order of the model."""
    return list(_section_fields(model, section))


def _section_fields(model: type[BaseModel], section: str) -> dict[str, FieldInfo]:
    kind = _section(model, section)
    return dict(kind.model_fields) if kind else {}


def _section(model: type[BaseModel], section: str) -> type[BaseModel] | None:
    field = model.model_fields.get(section)
    kind = field.annotation if field else None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None
