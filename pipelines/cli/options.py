"""The options that every verb of the command line has, and the settings that they lead to."""

from typing import TYPE_CHECKING, Annotated

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
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for a script.")]


def settings_of(target: str | None, overrides: list[str] | None) -> "Settings":
    from config.settings import load_settings  # building its models takes longer than all of `amlgpu --help` may

    return load_settings(target, dict(_split(word) for word in overrides or []))


def _split(word: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if not equals:
        raise ConfigError(f"--set {word}: write it as SECTION.KEY=VALUE, as in --set service.replicas=3")
    return key, value
