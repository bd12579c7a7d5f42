"""Verbs about what would change, and about changing it back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from config.errors import ConfigError, ModelError
from config.exit_codes import ExitCode
from pipelines.cli.confirming import DryRun, Yes, confirm
from pipelines.cli.options import AsJson, Overrides, Target, all_settings_of, settings_of
from pipelines.cli.printing import (
    answer_console,
    by_service,
    print_json,
    print_rows,
    print_service,
    say_unknown_commit,
    side_console,
)
from pipelines.cli.summary import of_costs, of_plan, tell
from pipelines.cli.target import open_target
from pipelines.cli.verbs.release import DataFolder, ModelChoice

if TYPE_CHECKING:
    from rich.console import Console

    from config.settings import Settings
    from pipelines.infrastructure.costs import Costs
    from pipelines.live.plan import Plan
    from workspaces.workspace import Workspace

Version = Annotated[
    int | None,
    typer.Option(
        "--to", metavar="VERSION", min=1, help="Model version to go back to; else the one before.", show_default=False
    ),
]
Lines = Annotated[int, typer.Option(metavar="N", min=1, max=5000, help="How many, counted from the end.")]


def plan(
    target: Target = None,
    model: ModelChoice = None,
    validation_data: DataFolder = None,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Show what a run would change, of all services where none is chosen.

    Exit code 0: nothing; 2: something; another: why a run would be refused.
    """
    services = all_settings_of(target, overrides)
    if len(services) > 1 and (model or validation_data):
        given = f"--model {model}" if model else f"--validation-data {validation_data}"
        known = ", ".join(settings.service_file for settings in services)
        raise ConfigError(f"{given}: there are several services: choose one with --service: {known}")
    console = answer_console()
    say_unknown_commit()
    with open_target(services[0]) as workspace:
        made = {one.service_file: _plan(workspace, one, model, validation_data) for one in services}
    untold = [one for one in made.values() if isinstance(one, ModelError)]
    if len(untold) == len(made):
        raise untold[0]
    from pipelines.infrastructure.costs import costs_of

    costs = costs_of(services[0])
    for service, one in made.items():
        tell(of_plan(one, service, services[0].target))
    tell(of_costs(costs))
    if as_json:
        told = {service: _as_json(one) | {"costs": costs.as_json()} for service, one in made.items()}
        print_json(by_service(told), console)
    else:
        for service, one in made.items():
            print_service(service, services, console)
            _print_plan(one, console)
        _print_costs(costs, services[0].workspace.local, console)
    refusals = [one if isinstance(one, ModelError) else one.refusal for one in made.values()]
    if refusal := next(filter(None, refusals), None):
        raise refusal
    if any(one.changes for one in made.values() if not isinstance(one, ModelError)):
        raise typer.Exit(ExitCode.PLAN_CHANGES)


def _plan(
    workspace: "Workspace", settings: "Settings", model: str | None, validation_data: Path | None
) -> "Plan | ModelError":
    """The plan, or why there is none, which leaves those of other services as they are."""
    from pipelines.foresight.obstacles import Proposal
    from pipelines.live.plan import make_plan

    proposal = Proposal(validation_data, provisions=settings.workspace.local)
    try:
        return make_plan(workspace, settings, model or "latest", proposal)
    except ModelError as error:
        return error


def _as_json(made: "Plan | ModelError") -> dict[str, Any]:
    return {"error": str(made)} if isinstance(made, ModelError) else made.as_json()


def _print_plan(made: "Plan | ModelError", console: "Console") -> None:
    if isinstance(made, ModelError):
        console.print(f"No plan: {made}", markup=False, soft_wrap=True)
        return
    rows = [
        {
            "": "~" if item.changes else " ",
            "what": item.name,
            "live": item.live or "-",
            "would be": item.wanted if item.changes else "=",
            "by": item.by if item.changes else "",
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
    for sentence in made.advice:
        console.print(sentence, markup=False, soft_wrap=True)
    if not made.refusal:
        console.print("A run would change what is live." if made.changes else "Nothing to do.")


def _print_costs(costs: "Costs", local: bool, console: "Console") -> None:
    """The same for all services: they share the computes."""
    console.print()
    if local:
        console.print("The computes are this machine, and cost nothing.")
        return
    rows = [
        {"": one.kind, "name": one.name, "nodes": one.nodes, "an hour": one.hour}
        for one in (costs.compute, costs.cluster)
    ]
    print_rows(rows, console)
    for note in costs.notes:
        console.print(note, markup=False)


def rollback(
    target: Target = None,
    to: Version = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Bring back the release before this one, or the one of a version, and prove it by queries."""
    settings = settings_of(target, overrides)
    console = answer_console()
    with open_target(settings) as workspace:
        from pipelines.live.rollback import plan_roll_back, roll_back

        planned = "" if yes and not dry_run else plan_roll_back(workspace, settings, to)
        if planned:
            side_console().print(planned, markup=False, soft_wrap=True)
        if not dry_run:
            confirm("Bring it back?", yes, as_json)
        done = None if dry_run else roll_back(workspace, settings, to)
    if as_json:
        print_json({"planned": planned or done, "done": done}, console)
    elif done:
        console.print(done, markup=False, soft_wrap=True)


def logs(target: Target = None, lines: Lines = 100, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Print the end of the live service's log."""
    settings = settings_of(target, overrides, to_look=True)
    console = answer_console()
    with open_target(settings) as workspace:
        from pipelines.live.status import service_log

        text = service_log(workspace, settings, lines)
    if as_json:
        print_json({"service": settings.service.name, "lines": text.splitlines()}, console)
    else:
        console.print(text, markup=False, soft_wrap=True)
