"""What a run comes to, on one screen: the verdict and its reason, the service, what stood in the way.

Only what is short stands in the frame. Addresses and paths follow it, each whole on a line of its own, to be copied.
"""

import os
import shlex
from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from config.settings import Settings
from pipelines.cli.printing import program
from pipelines.live.calling import PICTURE
from pipelines.outcome.report import Report
from steps.artifacts.verdict import Check, Outcome, Verdict
from steps.registration.lineage import shown

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


def print_closing(
    report: Report, settings: Settings, console: Console, verbose: bool = False, image: str = PICTURE
) -> None:
    """What ends `amlgpu run` and `amlgpu follow`, whatever came of the run; `image` is a file to query with."""
    console.print(closing_panel(report, verbose))
    for name, text in {**places(report), **next_commands(report, settings, image)}.items():
        console.print(f"[dim]{name}[/]")
        # Of several lines none is indented: pasted, they may be Python.
        console.print(escape(text if "\n" in text else f"  {text}"), soft_wrap=True)


def closing_panel(report: Report, verbose: bool = False) -> Panel:
    """The verdict and its reason first; of the checks those that didn't pass, or all of them."""
    parts: list[RenderableType] = [_headline(report), "", _facts(report)]
    if report.verdict and report.verdict.checks:
        parts += ["", *_checks(report.verdict, verbose)]
    colour = "green" if report.run.succeeded else "red"
    return Panel(Group(*parts), title=f"[bold]{_title(report)}[/]", border_style=colour, expand=False)


def _title(report: Report) -> str:
    """A refusal is no crash: validation did its work."""
    if report.run.succeeded:
        return "released"
    return "not released: refused" if report.refused else f"not released: {report.run.status}"


def _headline(report: Report) -> str:
    """The verdict, where it is the reason, and the reason."""
    verdict = report.verdict if report.run.succeeded or report.refused else None
    return ": ".join(filter(None, (_status(verdict) if verdict else "", escape(report.reason))))


def _status(verdict: Verdict) -> str:
    return f"[bold {COLOURS[verdict.status]}]{verdict.status}[/]"


def _facts(report: Report) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in _rows(report).items():
        table.add_row(name, value)
    return table


def _rows(report: Report) -> dict[str, str]:
    rows = {}
    if report.verdict and not (report.run.succeeded or report.refused):
        rows["verdict"] = _status(report.verdict)
    if report.candidate:
        origin = "registered before" if report.candidate.reused else "newly registered"
        rows["model"] = f"{report.candidate.model} ({report.candidate.content_hash[:12]}, {origin})"
        if promoted := shown(report.candidate.promoted_from):
            rows["promoted from"] = escape(promoted)
    if report.deployment:
        done = report.deployment
        rows["service"] = f"{done.service_name}, {done.replicas} replica{'s' * (done.replicas > 1)}, {done.action}"
        if done.forced_reason:
            rows["forced"] = f"[yellow]{escape(done.forced_reason)}[/]"
    if report.release and report.release.device is not None:
        release = report.release
        latency = f"p50 {release.latency_p50_ms:.1f} ms, p99 {release.latency_p99_ms:.1f} ms"
        rows["answered by"] = f"{release.device}, {latency}"
    return rows | {"run": report.run.run_id}


def _checks(verdict: Verdict, verbose: bool) -> Iterable[RenderableType]:
    shown = [check for check in verdict.causes_first if verbose or check.outcome != "pass"]
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")  # a key of the settings that is cut can't be looked up
    for check in shown:
        table.add_row(MARKS[check.outcome], check.name, escape(_found(check)))
    if shown:
        yield table
    if passed := len(verdict.checks) - len(shown):
        yield f"[dim]{passed} check{'s' * (passed > 1)} passed (--verbose shows them)[/]"


def _found(check: Check) -> str:
    """What was measured and required, and why it doesn't apply or wasn't reached."""
    measured = check.measured_text
    required = f"(required: {check.threshold_text})" if check.threshold_text and check.outcome != "skip" else ""
    return ": ".join(filter(None, (" ".join(filter(None, (measured, required))), check.detail)))


def places(report: Report) -> dict[str, str]:
    """Where the service answers, and where on this machine the rest lies, as paths from the current folder."""
    uri = {"scoring URI": report.deployment.scoring_uri} if report.deployment else {}
    page = {"report": os.path.relpath(report.folder / PAGE)} if (report.folder / PAGE).is_file() else {}
    return {**uri, **page, "logs": os.path.relpath(report.folder)}


def next_commands(report: Report, settings: Settings, image: str) -> dict[str, str]:
    """What to type next, by what it does: how to call the service, then how to end it."""
    file = shlex.quote(_file_to_ask(report, image))
    asks = report.release and report.is_of(settings.service.name)  # a run of another service may be followed
    query = {"query it": f"{program()} query {file} {settings.options}"} if asks else {}
    stop = "local down" if settings.workspace.local else f"teardown {settings.options}"
    return query | {"stop": f"{program()} {stop}"}


def _file_to_ask(report: Report, image: str) -> str:
    return ASKED.get(report.candidate.signature.input_kind if report.candidate else "", image)
