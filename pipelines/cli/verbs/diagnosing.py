"""The verb that looks whether all is there that a release needs, and changes nothing."""

from functools import partial
from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.table import Table

from config.escaping.inert import inert_line
from pipelines.cli.options import AsJson, Overrides, Target, place_of
from pipelines.cli.printing import answer_console, print_json
from pipelines.cli.target import reach_target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from pipelines.infrastructure.doctor.finding import Finding

COLOURS = {"ok": "green", "warn": "yellow", "fail": "bold red", "skipped": "dim"}
URGENCY = ("fail", "warn", "skipped")


def doctor(target: Target = None, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Check all that a release needs of its target, and say what to do; changes nothing.

    Settings, versions, sign-in, workspace, datastore, compute, cluster and base image, in this order: what depends on
    something that failed is skipped. The exit code is that of the first failure; 0 where there is none.
    """
    console = answer_console()
    from pipelines.infrastructure.doctor.examination import examine
    from pipelines.infrastructure.doctor.finding import exit_code

    findings = examine(partial(place_of, target, overrides), reach_target)
    if as_json:
        print_json([_facts(check, finding) for check, finding in findings.items()], console)
    else:
        _print_table(findings, console)
        _print_mends(findings, console)
    if code := exit_code(findings):
        raise typer.Exit(code)


def _facts(check: str, finding: "Finding") -> dict[str, str]:
    return {"check": check, "outcome": finding.outcome, "finding": finding.text, "mend": finding.mend}


def _print_table(findings: "Mapping[str, Finding]", console: "Console") -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("check", "outcome"):
        table.add_column(name, no_wrap=True)
    table.add_column("finding", overflow="fold")
    for check, finding in findings.items():
        outcome = f"[{COLOURS[finding.outcome]}]{finding.outcome}[/]"
        table.add_row(check, outcome, escape(inert_line(finding.text)))
    console.print(table)


def _print_mends(findings: "Mapping[str, Finding]", console: "Console") -> None:
    """Below the table, in whole lines: there may be commands in them, to be copied."""
    to_do = [(check, finding) for check, finding in findings.items() if finding.mend]
    if to_do:
        console.print("\nWhat to do:")
    for check, finding in sorted(to_do, key=lambda one: URGENCY.index(one[1].outcome)):
        console.print(f"  [bold]{check}[/]: {escape(inert_line(finding.mend))}", soft_wrap=True)
