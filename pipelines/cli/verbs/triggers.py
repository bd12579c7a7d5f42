"""Verbs that let the pipeline be started without this checkout: by studio, by schedule, over REST."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.help import Verb, Verbs
from pipelines.cli.options import AsJson, Overrides, Target, place_of, settings_of, with_choices
from pipelines.cli.printing import answer_console, print_facts, print_json, print_rows, say_unknown_commit, side_console
from pipelines.cli.target import open_target

if TYPE_CHECKING:
    from rich.console import Console

schedule = typer.Typer(
    cls=Verbs,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Run the published pipeline by the clock: create, list, remove.",
)

RunNow = Annotated[bool, typer.Option("--run-now", help="Run once now too, not only at the regular times.")]


def publish(target: Target = None, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Publish the pipeline and make it what the endpoint starts."""
    settings = settings_of(target, overrides)
    console = answer_console()
    say_unknown_commit()
    with open_target(settings) as workspace:
        from pipelines.triggers.publish import publish as publish_pipeline

        publication = asdict(publish_pipeline(workspace, settings))
    if as_json:
        print_json(publication, console)
    else:
        print_facts(publication, console)


@schedule.command("create", cls=Verb)
@with_choices
def create(
    target: Target = None, run_now: RunNow = False, overrides: Overrides = None, as_json: AsJson = False
) -> None:
    """Create the schedule of the settings, or bring it in line with them."""
    settings = settings_of(target, overrides)
    console = answer_console()
    with open_target(settings) as workspace:
        from pipelines.triggers.schedule import create_schedule

        done = create_schedule(workspace, settings, run_now)
    _print_done(settings.schedule.name, done, console, as_json)
    if settings.workspace.local:
        side_console().print("It fires while the local workspace is up; `amlgpu local clock` moves its time forward.")


@schedule.command("list", cls=Verb)
@with_choices
def list_(target: Target = None, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """List the active schedules of the workspace."""
    console = answer_console()
    with open_target(place_of(target, overrides)) as workspace:
        from pipelines.triggers.schedule import list_schedules

        rows = list_schedules(workspace)
    if as_json:
        print_json(rows, console)
    elif rows:
        print_rows(rows, console)
    else:
        console.print("No schedule is active.")


@schedule.command("remove", cls=Verb)
@with_choices
def remove(target: Target = None, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Stop the schedule of the settings from firing."""
    settings = settings_of(target, overrides)
    console = answer_console()
    with open_target(settings) as workspace:
        from pipelines.triggers.schedule import disable, find_schedules

        found = find_schedules(workspace, settings)
        disable(workspace, found)
    _print_done(settings.schedule.name, "removed" if found else "not there", console, as_json)


def _print_done(name: str, done: str, console: "Console", as_json: bool) -> None:
    if as_json:
        print_json({"schedule": name, "done": done}, console)
    else:
        console.print(f"{name}: {done}")
