"""Verbs that make what a release needs in a workspace, and remove what it left there; both say what it costs."""

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from config.errors import ConfigError
from pipelines.cli.confirming import DryRun, Yes, confirm
from pipelines.cli.options import AsJson, Overrides, Target, all_settings_of, other_settings_of, place_of
from pipelines.cli.printing import answer_console, print_json, print_rows, side_console
from pipelines.cli.target import open_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.settings import Settings
    from pipelines.infrastructure.costs import Cost
    from pipelines.infrastructure.provision import Provision
    from pipelines.infrastructure.teardown import Removal
    from workspaces.workspace import Workspace

Every = Annotated[bool, typer.Option("--all", help="Every service, and the computes that they share.")]


def provision(
    target: Target = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Create the compute for the steps, and attach the GPU cluster that is to serve; says what they cost.

    Of a cluster that isn't there, or doesn't fit, it says the command lines that make or mend it.
    """
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
                    "computes": [_planned(step) for step in plan],
                    "prices_as_of": costs.prices.as_of.isoformat(),
                    "prices": costs.as_json()["prices"],
                },
                console,
            )
        else:
            print_rows([_facts(step) | {"an hour": step.cost} for step in plan], console)
        progress = side_console()
        for note in [*costs.notes, *_notes(workspace, settings, plan)]:
            progress.print(note, markup=False, soft_wrap=True)
        if refusal := next((step.refusal for step in plan if step.refusal), None):
            raise refusal
        missing = [step for step in plan if step.make]
        if dry_run or not missing:
            return
        if not local:
            confirm(f"Make these in {settings.workspace.name}?", yes, as_json)
        for step in missing:
            if step.make:
                step.make()
                progress.print(f"{step.kind} {step.name}: done")


def _notes(workspace: "Workspace", settings: "Settings", plan: "Sequence[Provision]") -> list[str]:
    from pipelines.foresight.advice import of_encryption

    cluster = workspace.computes.find(settings.cluster.name)  # what is attached here has no TLS
    encrypted = cluster is not None and cluster.tls
    return [*(note for step in plan for note in step.notes), *of_encryption(encrypted, settings)]


def _planned(step: "Provision") -> dict[str, object]:
    refusal = str(step.refusal) if step.refusal else None
    return _facts(step) | {"hour": _numbers(step.cost), "refusal": refusal, "notes": step.notes}


def _facts(step: "Provision | Removal") -> dict[str, object]:
    return {"kind": step.kind, "name": step.name, "action": step.action}


def _numbers(cost: "Cost | None") -> dict[str, object] | None:
    return asdict(cost) if cost else None


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
        from pipelines.infrastructure.costs import costs_of
        from pipelines.infrastructure.teardown import plan_teardown, still_bills, tear_down, to_attach_again

        plan, costs = plan_teardown(workspace, services, other_settings_of(services)), costs_of(settings)
        hours = {"compute": costs.compute.hour, "cluster": costs.cluster.hour}
        priced = not settings.workspace.local and any(step.kind in hours for step in plan.removals)
        bills, again = still_bills(settings, plan), to_attach_again(settings, plan)
        if as_json:
            removals = [_facts(step) | {"hour": _numbers(hours.get(step.kind))} for step in plan.removals]
            told = {"removals": removals, "stays": plan.stays, "still_bills": bills, "to_attach_again": again}
            print_json(told, console)
        elif plan.removals:
            rows = [_facts(step) | {"an hour": hours.get(step.kind, "")} for step in plan.removals]
            print_rows(rows if priced else [_facts(step) for step in plan.removals], console)
        else:
            console.print("Nothing is there to remove.")
        progress = side_console()
        notes = costs.notes if priced else []
        for line in [*notes, *(f"Stays: {one}" for one in plan.stays), *(f"Bills on: {item}" for item in bills)]:
            progress.print(line, soft_wrap=True)  # whole lines, so that a command can be copied
        if again:
            progress.print("Before the cluster is attached again, and if it serves nothing else:")
        for line in again:
            progress.print(f"  {line}", markup=False, soft_wrap=True)
        if dry_run or not plan.removals:
            return
        confirm(f"Remove these from {settings.workspace.name}?", yes, as_json)
        tear_down(workspace, services, plan, lambda step: progress.print(f"{step.kind} {step.name}: done"))


def _to_tear_down(target: str | None, every: bool, overrides: list[str] | None) -> "list[Settings]":
    """The chosen service, or all. ConfigError where it isn't said which of several, or both are said."""
    if every and os.environ.get("AMLGPU_SERVICE"):
        raise ConfigError("--all removes every service, --service (or AMLGPU_SERVICE) one: leave out one of them")
    services = all_settings_of(target, overrides)
    if len(services) > 1 and not every:
        known = ", ".join(settings.service_file for settings in services)
        raise ConfigError(f"There are several services: choose one with --service, or remove them with --all: {known}")
    return services
