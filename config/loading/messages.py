"""Turns pydantic's findings into one line each: where, which key, which value, what is allowed."""

from collections.abc import Callable, Mapping

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.errors import ConfigError
from config.loading.layers import describe, section_keys
from config.loading.names import nearest


def explain(
    error: ValidationError, model: type[BaseModel], file_of: Callable[[str], str], origins: Mapping[str, str]
) -> ConfigError:
    """All findings as one ConfigError.

    ``file_of`` names the file in which a section belongs; ``origins`` maps ``section.key`` to the layer that set it.
    """
    return ConfigError("\n".join(_line(finding, model, file_of, origins) for finding in error.errors()))


def _line(
    finding: ErrorDetails, model: type[BaseModel], file_of: Callable[[str], str], origins: Mapping[str, str]
) -> str:
    path = [str(part) for part in finding["loc"]]
    key = ".".join(path[:2])
    if finding["type"] == "missing":
        return f"{file_of(path[0])}: {key} is missing{_described(model, key)}"
    if finding["type"] == "extra_forbidden":
        known = section_keys(model, path[0])
        return f"{origins[key]}: unknown key {key}: {nearest(path[-1], known)}"
    message = finding["msg"].removeprefix("Value error, ")
    if key in origins:
        return f"{origins[key]}: {key} = {finding['input']!r}: {message}{_hint(finding, key, model)}"
    return f"{_together(path, origins)}: {message}"


def _together(path: list[str], origins: Mapping[str, str]) -> str:
    """Names of all layers that had a say: a rule about several keys may be broken by any of them."""
    said = [origin for key, origin in origins.items() if not path or key.startswith(f"{path[0]}.")]
    first, *others = dict.fromkeys(said)
    return f"{first} with {', '.join(others)}" if others else first


def _hint(finding: ErrorDetails, key: str, model: type[BaseModel]) -> str:
    """A pattern alone tells few people what is allowed: add the field's own words."""
    return _described(model, key) if finding["type"] == "string_pattern_mismatch" else ""


def _described(model: type[BaseModel], key: str) -> str:
    return f" ({text})" if (text := describe(model, key)) else ""
