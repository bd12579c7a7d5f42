"""What a run comes to, on one screen: the verdict, the service, how to use it, where the rest lies."""

import os

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from config.settings import Settings
from pipelines.cli.printing import program
from pipelines.outcome.report import Report
from steps.artifacts.verdict import Outcome, Verdict

PAGE = "report.html"
ASKED = {"tensors": "ROW.json", "text": "TEXT.txt"}
"""A file that `amlgpu query` takes, by the kind of input; of all others an image."""
MARKS: dict[Outcome, str] = {
    "pass": "[green]pass[/]",
    "fail": "[red]fail[/]",
    "skip": "[dim]skip[/]",
    "undecided": "[yellow]undecided[/]",
    "not_reached": "[dim]not reached[/]",
}
COLOURS = {"BLESSED": "green", "NOT_BLESSED": "red", "UNDECIDED": "yellow"}


def closing_panel(report: Report) -> Panel:
    """The panel that ends `amlgpu run` and `amlgpu follow`, whatever came of the run."""
    parts: list[RenderableType] = [_facts(report)]
    if report.verdict and report.verdict.checks:
        parts.append(_checks(report.verdict))
    title, colour = ("released", "green") if report.run.succeeded else (f"not released: {report.run.status}", "red")
    return Panel(Group(*parts), title=f"[bold]{title}[/]", border_style=colour, expand=False)


def _facts(report: Report) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in _rows(report).items():
        table.add_row(name, value)
    return table


def _rows(report: Report) -> dict[str, str]:
    rows = {"run": report.run.run_id}
    if report.candidate:
        origin = "registered before" if report.candidate.reused else "newly registered"
        rows["model"] = f"{report.candidate.model} ({report.candidate.content_hash[:12]}, {origin})"
    if report.verdict:
        rows["verdict"] = f"[{COLOURS[report.verdict.status]}]{report.verdict.status}[/]"
    if report.deployment:
        done = report.deployment
        rows["service"] = f"{done.service_name}, {done.replicas} replicas, {done.action}"
        if done.forced_reason:
            rows["forced"] = f"[yellow]{escape(done.forced_reason)}[/]"
        rows["scoring URI"] = done.scoring_uri
    if report.release:
        release = report.release
        if release.device is not None:
            latency = f"p50 {release.latency_p50_ms:.1f} ms, p99 {release.latency_p99_ms:.1f} ms"
            rows["answered by"] = f"{release.device}, {latency}"
    if (report.folder / PAGE).is_file():
        rows["report"] = os.path.relpath(report.folder / PAGE)
    rows["logs"] = os.path.relpath(report.folder)
    return rows


def next_commands(report: Report, settings: Settings) -> dict[str, str]:
    """What to type next. Not in the panel, whose frame would break the lines that are to be copied."""
    query = {"query it": f"{program()} query {_file_to_ask(report)} {settings.options}"} if report.release else {}
    stop = "local down" if settings.workspace.local else f"teardown {settings.options}"
    return query | {"stop": f"{program()} {stop}"}


def _file_to_ask(report: Report) -> str:
    return ASKED.get(report.candidate.signature.input_kind if report.candidate else "", "IMAGE.jpg")


def _checks(verdict: Verdict) -> Table:
    table = Table("check", "", "measured", "threshold", "detail", box=None, padding=(0, 2, 0, 0))
    table.columns[0].no_wrap = True
    for column in table.columns[2:]:
        column.overflow = "fold"  # a key of the settings that is cut can't be looked up
    for check in verdict.causes_first:
        table.add_row(
            check.name,
            MARKS[check.outcome],
            escape(check.measured_text),
            escape(check.threshold_text),
            escape(check.detail),
        )
    return table
