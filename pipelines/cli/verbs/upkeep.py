"""Verbs about what stands in a workspace: make it, look at it, use it, remove it."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.errors import ConfigError
from pipelines.cli.confirming import DryRun, Yes, confirm
from pipelines.cli.options import AsJson, Overrides, Target, all_settings_of, other_settings_of, place_of, settings_of
from pipelines.cli.printing import (
    answer_console,
    by_service,
    print_facts,
    print_json,
    print_rows,
    print_service,
    program,
    side_console,
)
from pipelines.cli.snippets import print_calling
from pipelines.cli.target import open_target
from pipelines.local import command, without_settings

if TYPE_CHECKING:
    from config.settings import Settings
    from pipelines.infrastructure.provision import Provision
    from pipelines.live.query import Answer

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

Files = Annotated[
    list[Path],
    typer.Argument(help="Images; JSON (.json), a request or one row; texts (.txt).", exists=True, dir_okay=False),
]
LONGEST_ANSWER = 200  # characters
SHOWN = ("class", "label", "classes", "labels", "value", "values", "unit", "probability")
"""Keys of an answer that fit into a row of a table."""
Every = Annotated[bool, typer.Option("--all", help="Every service, and the computes that they share.")]


def provision(
    target: Target = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Create the compute for the steps, and attach or create the GPU cluster for the service; says what they cost."""
    settings = place_of(target, overrides)
    local = settings.workspace.local
    console = answer_console()
    with open_target(settings, start=local) as workspace:
        from config.prices import load_prices
        from pipelines.infrastructure.provision import plan_provision

        prices = load_prices()
        plan = plan_provision(workspace, settings, prices)
        if as_json:
            print_json(
                {
                    "computes": [_facts(step) | {"hour": vars(step.cost)} for step in plan],
                    "prices_as_of": prices.as_of.isoformat(),
                },
                console,
            )
        else:
            print_rows([_facts(step) | {"an hour": step.cost} for step in plan], console)
        progress = side_console()
        if not local:
            progress.print(f"Prices are those of prices.yml, as of {prices.as_of}, for nodes alone.")
        missing = [step for step in plan if step.make]
        if dry_run or not missing:
            return
        if not local:
            confirm(f"Make these in {settings.workspace.name}?", yes, as_json)
        for step in missing:
            if step.make:
                step.make()
                progress.print(f"{step.kind} {step.name}: done")


def _facts(step: "Provision") -> dict[str, object]:
    return {"kind": step.kind, "name": step.name, "action": step.action}


def status(target: Target = None, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Show what is live; of all services where none is chosen."""
    services = all_settings_of(target, overrides)
    console = answer_console()
    with open_target(services[0]) as workspace:
        from pipelines.live.status import status as read_status

        live = {settings.service_file: read_status(workspace, settings, program()) for settings in services}
    if as_json:
        print_json(by_service(live), console)
        return
    for service, kinds in live.items():
        print_service(service, services, console)
        how = kinds.pop("calling")
        for kind, facts in kinds.items():
            console.print(f"[bold]{kind}[/]" if facts else f"[bold]{kind}[/] none")
            print_facts(facts or {}, console)
        if how:
            print_calling(how, console)


def query(files: Files, target: Target = None, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Ask the live service about images, or about JSON (.json) and texts (.txt)."""
    settings = settings_of(target, overrides)
    console = answer_console()
    with open_target(settings) as workspace:
        from pipelines.live.query import query as ask

        answers = ask(workspace, settings, files)
    if as_json:
        print_json([asdict(answer) for answer in answers], console)
    else:
        print_rows([_row(answer) for answer in answers], console)


def _row(answer: "Answer") -> dict[str, object]:
    return {"file": answer.file, **_said(answer.body), "model": answer.model, "device": answer.device}


def _said(body: object) -> dict[str, object]:
    """What fits into a row of a table: the answer's own words, without its vectors."""
    if not isinstance(body, dict) or not body.keys() & {"class", "classes", "value", "values"}:
        said = json.dumps(body, ensure_ascii=False)
        return {"answer": said if len(said) <= LONGEST_ANSWER else f"{said[:LONGEST_ANSWER]} … (--json: all of it)"}
    short = {
        key: body[key] for key in ("class", "label", "classes", "labels", "value", "values", "unit") if key in body
    }
    probability = {"probability": f"{body['probability']:.4f}"} if "probability" in body else {}
    return short | probability


def teardown(
    target: Target = None,
    every: Every = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Remove schedule, endpoint, service, and computes that nobody else uses, and say what bills on; models stay."""
    services = _to_tear_down(target, every, overrides)
    settings, console = services[0], answer_console()
    with open_target(settings) as workspace:
        from pipelines.infrastructure.teardown import plan_teardown, still_bills

        plan = plan_teardown(workspace, services, other_settings_of(services))
        rows = [{"kind": step.kind, "name": step.name, "action": step.action} for step in plan.removals]
        bills = still_bills(settings, plan)
        if as_json:
            print_json({"removals": rows, "stays": plan.stays, "still_bills": bills}, console)
        elif rows:
            print_rows(rows, console)
        else:
            console.print("Nothing is there to remove.")
        progress = side_console()
        for line in [*(f"Stays: {one}" for one in plan.stays), *(f"Bills on: {item}" for item in bills)]:
            progress.print(line, soft_wrap=True)  # whole lines, so that a command can be copied
        if dry_run or not plan.removals:
            return
        confirm(f"Remove these from {settings.workspace.name}?", yes, as_json)
        for step in plan.removals:
            step.remove()
            progress.print(f"{step.kind} {step.name}: done")


def _to_tear_down(target: str | None, every: bool, overrides: list[str] | None) -> "list[Settings]":
    """The chosen service, or all. ConfigError where it isn't said which of several, or both are said."""
    if every and os.environ.get("AMLGPU_SERVICE"):
        raise ConfigError("--all removes every service, --service (or AMLGPU_SERVICE) one: leave out one of them")
    services = all_settings_of(target, overrides)
    if len(services) > 1 and not every:
        known = ", ".join(settings.service_file for settings in services)
        raise ConfigError(f"There are several services: choose one with --service, or remove them with --all: {known}")
    return services


def local(context: typer.Context) -> None:
    """Start, stop or look at the local workspace, or move its clock: `amlgpu local --help`."""
    words = command(context.args)
    os.execve(words[0], words, without_settings())  # noqa: S606 - no shell is the point
