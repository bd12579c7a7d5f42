"""Verbs about what stands in a workspace: make it, look at it, use it, remove it."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from config.errors import AmlGpuError, ConfigError
from pipelines.cli.completion import local_verbs
from pipelines.cli.confirming import DryRun, Yes, confirm
from pipelines.cli.options import AsJson, Overrides, Target, all_settings_of, other_settings_of, place_of, settings_of
from pipelines.cli.printing import (
    answer_console,
    by_service,
    print_facts,
    print_json,
    print_rows,
    print_service,
    side_console,
)
from pipelines.cli.target import open_target
from pipelines.local import command, without_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from config.settings import Settings
    from pipelines.infrastructure.provision import Provision
    from pipelines.live.query import Answer
    from pipelines.live.status import Facts

PASS_ON = {"ignore_unknown_options": True, "help_option_names": []}

Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE", help="Images; JSON (.json), a request or one row; texts (.txt)."),
]
LocalWords = Annotated[list[str] | None, typer.Argument(metavar="VERB", autocompletion=local_verbs)]
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
        from pipelines.infrastructure.costs import costs_of
        from pipelines.infrastructure.provision import plan_provision

        costs = costs_of(settings)
        plan = plan_provision(workspace, settings, costs)
        if as_json:
            print_json(
                {
                    "computes": [_facts(step) | {"hour": vars(step.cost)} for step in plan],
                    "prices_as_of": costs.prices.as_of.isoformat(),
                    "prices": costs.as_json()["prices"],
                },
                console,
            )
        else:
            print_rows([_facts(step) | {"an hour": step.cost} for step in plan], console)
        progress = side_console()
        for note in costs.notes:
            progress.print(note, soft_wrap=True)
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
        from pipelines.live.status import computes
        from pipelines.live.status import status as read_status

        live = {settings.service_file: read_status(workspace, settings) for settings in services}
        shared = computes(workspace, services[0])
    if as_json:
        print_json(by_service({service: kinds | shared for service, kinds in live.items()}), console)
        return
    for service, kinds in live.items():
        print_service(service, services, console)
        _print_kinds(kinds, console)
    print_service("all services", services, console)
    _print_kinds(shared, console)


def _print_kinds(kinds: "Mapping[str, Facts | None]", console: "Console") -> None:
    for kind, facts in kinds.items():
        console.print(f"[bold]{kind}[/]" if facts else f"[bold]{kind}[/] none")
        print_facts(facts or {}, console)


def query(files: Files, target: Target = None, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Ask the live service about images, JSON (.json) or texts (.txt); files without an answer are listed last."""
    settings = settings_of(target, overrides)
    console = answer_console()
    with open_target(settings) as workspace:
        from pipelines.live.query import Answer, Unanswered
        from pipelines.live.query import query as ask

        told = ask(workspace, settings, files)
    answers = [one for one in told if isinstance(one, Answer)]
    if as_json:
        print_json([asdict(one) for one in told], console)
    elif answers:
        print_rows([_row(answer) for answer in answers], console)
    if refused := [f"{one.file}: {one.error}" for one in told if isinstance(one, Unanswered)]:
        count = f"{len(refused)} of {len(told)} files weren't answered:\n  " if len(told) > 1 else ""
        raise AmlGpuError(count + "\n  ".join(refused))


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
    local = settings.workspace.local
    with open_target(settings) as workspace:
        from pipelines.infrastructure.costs import costs_of
        from pipelines.infrastructure.teardown import plan_teardown, still_bills

        plan, costs = plan_teardown(workspace, services, other_settings_of(services)), costs_of(settings)
        rows = [{"kind": step.kind, "name": step.name, "action": step.action} for step in plan.removals]
        hours = {"compute": costs.compute.hour, "cluster": costs.cluster.hour}
        priced = [] if local else [row["kind"] for row in rows if row["kind"] in hours]
        bills = still_bills(settings, plan)
        if as_json:
            removals = [row | {"hour": vars(hours[row["kind"]]) if row["kind"] in hours else None} for row in rows]
            print_json({"removals": removals, "stays": plan.stays, "still_bills": bills}, console)
        elif rows:
            print_rows([row | ({"an hour": hours.get(row["kind"], "")} if priced else {}) for row in rows], console)
        else:
            console.print("Nothing is there to remove.")
        progress = side_console()
        for line in [
            *(costs.notes if priced else []),
            *(f"Stays: {one}" for one in plan.stays),
            *(f"Bills on: {item}" for item in bills),
        ]:
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


def local(words: LocalWords = None) -> None:
    """Start, stop or look at the local workspace, or move its clock: `amlgpu local --help`."""
    words = command(words or [])
    os.execve(words[0], words, without_settings())  # noqa: S606 - no shell is the point
