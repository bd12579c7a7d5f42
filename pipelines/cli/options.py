"""The options that every verb of the command line has, and the settings that they lead to."""

import functools
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from config.errors import ConfigError

if TYPE_CHECKING:
    from config.settings import Settings

Target = Annotated[
    str | None,
    typer.Option(help="Workspace to work on: local, dev or prod.", envvar="AMLGPU_TARGET", show_default="local"),
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Override one setting; may be given again."),
]
ConfigFolder = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="DIR",
        help="Folder of the targets' files, instead of this project's own.",
        envvar="AMLGPU_CONFIG",
        exists=True,
        file_okay=False,
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for a script.")]


def with_config(verb: Callable[..., None]) -> Callable[..., None]:
    """The verb with one more option, ``--config DIR``, which counts as AMLGPU_CONFIG does."""

    @functools.wraps(verb)
    def run(*arguments: Any, config: Path | None = None, **options: Any) -> None:
        if config is not None:
            os.environ["AMLGPU_CONFIG"] = str(config)
        verb(*arguments, **options)

    parameters = inspect.signature(verb).parameters.values()
    own = inspect.Parameter("config", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=ConfigFolder)
    # What typer reads.
    vars(run)["__signature__"] = inspect.Signature([*parameters, own])
    run.__annotations__ = {**verb.__annotations__, "config": ConfigFolder}
    return run


def settings_of(target: str | None, overrides: list[str] | None) -> "Settings":
    from config.settings import load_settings  # building its models takes longer than all of `amlgpu --help` may

    return load_settings(target, dict(_split(word) for word in overrides or []))


def _split(word: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if not equals:
        raise ConfigError(f"--set {word}: write it as SECTION.KEY=VALUE, as in --set service.replicas=3")
    return key, value
