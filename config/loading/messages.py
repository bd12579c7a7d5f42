"""Turns pydantic's findings into one line each: where, which key, which value, what is allowed."""

from collections.abc import Mapping

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.errors import ConfigError
from config.loading.layers import find_field, nearest, section_keys


def explain(error: ValidationError, model: type[BaseModel], file: str, origins: Mapping[str, str]) -> ConfigError:
    """All findings as one ConfigError; ``origins`` maps ``section.key`` to the layer that set it."""
    return ConfigError("\n".join(_line(finding, model, file, origins) for finding in error.errors()))


def _line(finding: ErrorDetails, model: type[BaseModel], file: str, origins: Mapping[str, str]) -> str:
    path = [str(part) for part in finding["loc"]]
    key = ".".join(path[:2])
    if finding["type"] == "missing":
        field = find_field(model, key)
        return f"{file}: {key} is missing{f' ({field.description})' if field else ''}"
    if finding["type"] == "extra_forbidden":
        return f"{_origin(key, file, origins)}: unknown {_unknown(path, model)}"
    message = finding["msg"].removeprefix("Value error, ")
    if key in origins:
        return f"{origins[key]}: {key} = {finding['input']!r}: {message}{_hint(finding, key, model)}"
    return f"{_together(file, origins)}: {message}"


def _origin(key: str, file: str, origins: Mapping[str, str]) -> str:
    """The layer of a key, or of the first key in a section that doesn't exist."""
    return next((origin for known, origin in origins.items() if known == key or known.startswith(f"{key}.")), file)


def _together(file: str, origins: Mapping[str, str]) -> str:
    """Names of all layers that had a say: a rule about several keys may be broken by any of them."""
    others = sorted({origin for origin in origins.values() if origin != file})
    return f"{file} with {', '.join(others)}" if others else file


def _unknown(path: list[str], model: type[BaseModel]) -> str:
    if len(path) == 1:
        sections = [name for name in model.model_fields if name != "target"]
        return f"section {path[0]}: {nearest(path[0], sections)}"
    return f"key {'.'.join(path)}: {nearest(path[-1], section_keys(model, path[0]))}"


def _hint(finding: ErrorDetails, key: str, model: type[BaseModel]) -> str:
    """A pattern alone tells few people what is allowed: add the field's own words."""
    field = find_field(model, key) if finding["type"] == "string_pattern_mismatch" else None
    return f" ({field.description})" if field else ""
