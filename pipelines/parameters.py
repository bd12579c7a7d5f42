"""What can be chosen when the pipeline is started: by the command line, by a schedule, or in studio's form."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from config.errors import ConfigError
from workspaces.jobs.pipelines import Parameter

if TYPE_CHECKING:
    from config.settings import Settings


def parameter_defaults(settings: "Settings") -> dict[str, Parameter]:
    """The pipeline's parameters with the values that they have unless someone chooses others.

    ``-`` stands for "none": Azure ML drops an argument that is an empty string.
    """
    return {
        "model": "latest",
        "validation_data": "-",
        "source": "-",
        "promoted_from": "-",
        "service_name": settings.service.name,
        "sample_count": settings.validation.sample_count,
        "force_reason": "-",
    }


def registered_choice(model: str) -> str:
    """``model``, if it is the number of a registered version or ``latest``. Raises ConfigError for anything else."""
    if model.isdecimal() or model == "latest":
        return model
    raise ConfigError(f"--model {model}: neither a folder here, nor the number of a registered version, nor `latest`")


def read_assignments(words: Sequence[str], settings: "Settings") -> dict[str, Parameter]:
    """Read ``name=value`` words. ConfigError for an unknown name, a wrong type, or the service of another file."""
    defaults = parameter_defaults(settings)
    assignments = dict(_read_assignment(word, defaults) for word in words)
    _check_own(assignments.get("service_name"), settings)
    return assignments


def _check_own(service_name: Parameter | None, settings: "Settings") -> None:
    """ConfigError for the name of another service of the folder: this one's model doesn't belong there."""
    if service_name in (None, settings.service.name):
        return
    from config.settings import load_all_settings

    for other in load_all_settings(settings.target, without={settings.service_file}):
        if other.service.name == service_name:
            raise ConfigError(
                f"--param service_name={service_name}: that is another service: start its own pipeline with "
                f"`amlgpu submit {other.options}`"
            )


def _read_assignment(word: str, defaults: dict[str, Parameter]) -> tuple[str, Parameter]:
    name, equals, value = word.partition("=")
    if not equals or not value:
        raise ConfigError(f"--param {word}: write it as NAME=VALUE (`-` for none)")
    if name not in defaults:
        near = get_close_matches(name, defaults, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(defaults)}"
        raise ConfigError(f"--param {word}: the pipeline has no parameter {name}; {hint}")
    if isinstance(defaults[name], int):
        if not value.isdecimal():
            raise ConfigError(f"--param {word}: {name} is a whole number, 0 or more")
        return name, int(value)
    return name, value
