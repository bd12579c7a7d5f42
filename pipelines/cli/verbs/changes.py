"""Verbs about what would change, and about changing it back."""

from typing import TYPE_CHECKING, Annotated

import typer

from config.exit_codes import ExitCode
from pipelines.cli.options import AsJson, Overrides, Target, settings_of
from pipelines.cli.printing import answer_console, print_json, print_rows
from pipelines.cli.target import open_target
from pipelines.cli.verbs.release import SAMPLE, DataFolder, ModelChoice

if TYPE_CHECKING:
    from rich.console import Console

    from pipelines.live.plan import Plan

Version = Annotated[
    int | None, typer.Option("--to", min=1, help="Model version to go back to.", show_default="the one before")
]
Lines = Annotated[int, typer.Option(min=1, max=5000, help="How many, counted from the end.")]


def plan(
    target: Target = None,
    model: ModelChoice = None,
    validation_data: DataFolder = None,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Show what a run would change. Exit code 0: nothing; 2: something; another: why a run would be refused."""
    settings = settings_of(target, overrides)
    if model is None and settings.target == "local" and (SAMPLE / "model").is_dir():
        model, validation_data = str(SAMPLE / "model"), validation_data or SAMPLE / "validation"
    console = answer_console()
    with open_target(settings) as workspace:
        from pipelines.foresight.obstacles import Proposal
        from pipelines.live.plan import make_plan

        proposal = Proposal(validation_data, provisions=settings.target == "local")
        made = make_plan(workspace, settings, model or "latest", proposal)
    if as_json:
        print_json(made.as_json(), console)
    else:
        _print_plan(made, console)
    if made.refusal:
        raise made.refusal
    if made.changes:
        raise typer.Exit(ExitCode.PLAN_CHANGES)


def _print_plan(made: "Plan", console: "Console") -> None:
    rows = [
        {
            "": "~" if item.changes else " ",
            "what": item.name,
            "live": item.live or "-",
            "would be": item.wanted if item.changes else "=",
            "by": f"amlgpu {item.by}" if item.changes else "",
        }
        for item in made.items
    ]
    print_rows(rows, console)
    for line in made.packages:
        console.print(f"  {line}", markup=False)
    console.print()
    print_rows(
        [{"step": one.step, "changes something": "yes" if one.works else "no", "why": one.why} for one in made.steps],
        console,
    )
    console.print()
    if made.held_by:
        from steps.rollout.lease_file import who_is

        console.print(f"Just now {who_is(made.held_by)} works on the service: a run would wait for its turn.")
    if not made.refusal:
        console.print("A run would change what is live." if made.changes else "Nothing to do.")


def rollback(target: Target = None, to: Version = None, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Bring back the release before this one, or the one of a version, and prove it by queries."""
    settings = settings_of(target, overrides)
    console = answer_console()
    with open_target(settings) as workspace:
        from pipelines.live.rollback import roll_back

        done = roll_back(workspace, settings, to)
    if as_json:
        print_json({"done": done}, console)
    else:
        console.print(done)


def logs(target: Target = None, lines: Lines = 100, overrides: Overrides = None) -> None:
    """Print the end of the live service's log."""
    settings = settings_of(target, overrides)
    console = answer_console()
    with open_target(settings) as workspace:
        from pipelines.live.status import service_log

        text = service_log(workspace, settings.service.name, lines)
    console.print(text, markup=False, soft_wrap=True)
