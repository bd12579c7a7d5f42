"""The options that every verb of the command line has, and the settings that they lead to."""

import functools
import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from config.errors import ConfigError
from pipelines.cli import completion

if TYPE_CHECKING:
    from config.settings import Settings


def folder_of_samples(path: Path | None) -> Path | None:
    """BadParameter for a file, which says what to give instead."""
    if path is not None and path.is_file():
        raise typer.BadParameter(f"'{path}' is a file: give its folder, {path.parent}")
    return path


Target = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Workspace to work on, a file of targets/: else AMLGPU_TARGET, local, or the only one.",
        show_default=False,
        autocompletion=completion.targets,
    ),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="SECTION.KEY=VALUE",
        help="Override one setting; may be given again.",
        autocompletion=completion.settings_keys,
    ),
]
Service = Annotated[
    str | None,
    typer.Option(
        "--service",
        metavar="NAME",
        help="What is served, a file of services/: else AMLGPU_SERVICE, or the only one.",
        show_default=False,
        autocompletion=completion.services,
    ),
]
ConfigFolder = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="DIR",
        help="Folder of targets/ and services/: else AMLGPU_CONFIG, or this project's own.",
        envvar="AMLGPU_CONFIG",
        show_envvar=False,
        exists=True,
        file_okay=False,
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for a script.")]

SHARED = ("--target", "--service", "--config", "--set", "--json")
"""Options that verbs have in common."""
CHOICES = {"service": ("AMLGPU_SERVICE", Service), "config": ("AMLGPU_CONFIG", ConfigFolder)}
"""Options that count as these variables do."""
_TYPED: ContextVar[frozenset[str]] = ContextVar("_TYPED", default=frozenset())
"""Those of the variables whose option was given: an error is about what somebody wrote."""


def with_choices(verb: Callable[..., None]) -> Callable[..., None]:
    """The verb with two more options, ``--service NAME`` and ``--config DIR``."""

    @functools.wraps(verb)
    def run(*arguments: Any, **options: Any) -> None:
        given = {variable: options.pop(name, None) for name, (variable, _) in CHOICES.items()}
        with _environment({variable: str(value) for variable, value in given.items() if value is not None}):
            verb(*arguments, **options)

    parameters = inspect.signature(verb).parameters.values()
    own = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, (_, annotation) in CHOICES.items()
    ]
    # What typer reads.
    vars(run)["__signature__"] = inspect.Signature([*parameters, *own])
    run.__annotations__ = {**verb.__annotations__, **{one.name: one.annotation for one in own}}
    return run


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """With these variables too, as long as the block takes."""
    before = dict(os.environ)
    os.environ.update(variables)
    typed = _TYPED.set(frozenset(variables))
    try:
        yield
    finally:
        _TYPED.reset(typed)
        for name in variables:
            if name in before:
                os.environ[name] = before[name]
            else:
                del os.environ[name]


def settings_of(target: str | None, overrides: list[str] | None, *, to_look: bool = False) -> "Settings":
    from config.settings import load_settings  # building its models takes longer than all of `amlgpu --help` may

    service = os.environ["AMLGPU_SERVICE"] if "AMLGPU_SERVICE" in _TYPED.get() else None
    return load_settings(target, _split_all(overrides), service=service, to_look=to_look)


def settings_to_look_at(target: str | None, overrides: list[str] | None) -> "tuple[list[Settings], list[ConfigError]]":
    """As of all_settings_of, for a verb that changes nothing: where one file is broken, the others count."""
    if os.environ.get("AMLGPU_SERVICE"):
        return [settings_of(target, overrides, to_look=True)], []
    from config.settings import load_readable_settings

    return load_readable_settings(target, _split_all(overrides))


def all_settings_of(target: str | None, overrides: list[str] | None) -> "list[Settings]":
    """The settings of the chosen service; of all services where none is chosen."""
    if os.environ.get("AMLGPU_SERVICE"):
        return [settings_of(target, overrides)]
    from config.settings import load_all_settings

    return load_all_settings(target, _split_all(overrides))


def other_settings_of(chosen: "list[Settings]") -> "list[Settings]":
    """The settings of the services of the folder that aren't chosen, as files and variables have them."""
    from config.settings import load_all_settings

    own = {settings.service_file for settings in chosen}
    return load_all_settings(chosen[0].target, without=own)


def place_of(target: str | None, overrides: list[str] | None) -> "Settings":
    """For a verb that asks about a workspace alone: the settings of the chosen service, else of any."""
    return all_settings_of(target, overrides)[0]


def _split_all(overrides: list[str] | None) -> dict[str, str]:
    return dict(_split(word) for word in overrides or [])


def _split(word: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if not equals:
        raise ConfigError(f"--set {word}: write it as SECTION.KEY=VALUE, as in --set service.replicas=3")
    return key, value
