"""Verbs about what is live, to look at it and use it, and about the local workspace."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.answers import print_told
from pipelines.cli.completion import local_verbs
from pipelines.cli.options import AsJson, Overrides, Target, settings_of, settings_to_look_at
from pipelines.cli.printing import (
    answer_console,
    by_service,
    print_error,
    print_facts,
    print_json,
    print_service,
    program,
)
from pipelines.cli.snippets import print_calling
from pipelines.cli.target import open_target
from pipelines.cli.verbs.predicting import Files
from pipelines.local import command, without_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from config.settings import Settings
    from pipelines.live.status import Facts

PASS_ON = {"ignore_unknown_options": True, "help_option_names": []}

LocalWords = Annotated[list[str] | None, typer.Argument(metavar="VERB", autocompletion=local_verbs)]


def status(target: Target = None, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Show what is live; of all services where none is chosen."""
    services, wrong = settings_to_look_at(target, overrides)
    for error in wrong:
        print_error(error)
    console = answer_console()
    with open_target(services[0]) as workspace:
        from pipelines.live.status import computes
        from pipelines.live.status import status as read_status

        live = {settings.service_file: read_status(workspace, settings, program()) for settings in services}
        shared = computes(workspace, services[0])
    if as_json:
        answers = {service: kinds | shared for service, kinds in live.items()}
        print_json(answers if wrong else by_service(answers), console)
    else:
        _print_live(live, shared, services, console)
    if wrong:
        raise typer.Exit(wrong[0].exit_code)


def _print_live(
    live: "dict[str, dict[str, Facts | None]]",
    shared: "Mapping[str, Facts | None]",
    services: "Sequence[Settings]",
    console: "Console",
) -> None:
    ways = [kinds.pop("calling") for kinds in live.values()]
    for service, kinds in live.items():
        print_service(service, services, console)
        _print_kinds(kinds, console)
    print_service("all services", services, console)
    _print_kinds(shared, console)
    if len(ways) == 1 and ways[0]:  # of several, `--service` shows how one is called
        print_calling(ways[0], console)


def _print_kinds(kinds: "Mapping[str, Facts | None]", console: "Console") -> None:
    for kind, facts in kinds.items():
        console.print(f"[bold]{kind}[/]" if facts else f"[bold]{kind}[/] none")
        print_facts(facts or {}, console)


def query(files: Files, target: Target = None, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Ask the live service about images, JSON (.json) or texts (.txt); files without an answer are listed last."""
    settings = settings_of(target, overrides, to_look=True)
    with open_target(settings) as workspace:
        from pipelines.live.query import query as ask

        told = ask(workspace, settings, files)
    print_told(told, as_json=as_json)


def local(words: LocalWords = None) -> None:
    """Start, stop or look at the local workspace, or move its clock: `amlgpu local --help`."""
    words = command(words or [])
    os.execve(words[0], words, without_settings())  # noqa: S606 - no shell is the point
