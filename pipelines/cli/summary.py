"""What verbs found, in Markdown, at the end of the file that AMLGPU_SUMMARY names: a workflow's job shows it."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.errors import AmlGpuError
from config.escaping.inert import inert
from config.escaping.markdown import cell, fenced, table
from pipelines.cli.printing import side_console

if TYPE_CHECKING:
    from pipelines.infrastructure.costs import Costs
    from pipelines.live.plan import Plan
    from pipelines.outcome.report import Report

VARIABLE = "AMLGPU_SUMMARY"
PAGE = "report.md"
MOST_BYTES = 900_000
"""All of the file. Of more than 1 MiB, GitHub shows nothing:
https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions#adding-a-job-summary"""
CUT = "\n\nThe rest is left out: it is too long.\n"


def tell(parts: Iterable[str]) -> None:
    """Append the parts as paragraphs, where there is such a file. One that can't be written stops nothing."""
    name = os.environ.get(VARIABLE)
    if not name:
        return
    try:
        _append("\n\n".join(filter(None, parts)), Path(name))
    except OSError as error:
        side_console().print(f"{VARIABLE}={name}: can't be written: {error.strerror}", markup=False, soft_wrap=True)


def _append(text: str, file: Path) -> None:
    room = MOST_BYTES - (file.stat().st_size if file.exists() else 0)
    written = f"{text}\n\n".encode(errors="replace")
    if len(written) > room:
        written = written[: max(0, room - len(CUT))].decode(errors="ignore").encode() + CUT.encode()
    if room > 0:
        with file.open("ab") as out:
            out.write(written)


def of_error(error: AmlGpuError) -> list[str]:
    return [f"**{type(error).__name__}**", fenced(str(error))]


def of_run(report: "Report", target: str) -> list[str]:
    """How a run ended and why, its steps, and what validation found, where it came so far."""
    title = f"### {'Released' if report.run.succeeded else 'Not released'} on {target}: run {cell(report.run.run_id)}"
    steps = table([{"step": step.name, "status": step.status} for step in report.run.steps])
    page = report.folder / PAGE
    found = inert(page.read_text(encoding="utf-8", errors="replace")).strip() if page.is_file() else ""
    return [title, f"{report.run.status}: {cell(report.reason)}", _deployed(report), steps, found]


def _deployed(report: "Report") -> str:
    """What deploy_service did, and the reason of whoever overruled the verdict."""
    done = report.deployment
    if done is None:
        return ""
    forced = f" **Forced**, for this reason: {cell(done.forced_reason)}" if done.forced_reason else ""
    return f"{cell(done.service_name)}: {done.action}, {done.replicas} replica{'s' * (done.replicas > 1)}.{forced}"


def of_plan(made: "Plan | AmlGpuError", service: str, target: str) -> list[str]:
    """What would be changed and by which verb, which steps would have work, and what else should be known.

    Why a run would be refused isn't in it: that is an error.
    """
    title = f"### {cell(service)} on {target}"
    if isinstance(made, AmlGpuError):
        return [title, f"No plan: {cell(str(made))}"]
    changes = [
        {"what": item.name, "live": item.live or "-", "would be": item.wanted or "-", "by": item.by}
        for item in made.items
        if item.changes
    ]
    steps = [
        {"step": one.step, "changes something": "yes" if one.works else "no", "why": one.why} for one in made.steps
    ]
    conclusion = "A run would change what is live." if made.changes else "A run would change nothing."
    notes = "\n".join(f"- {cell(line)}" for line in (*made.packages, *made.advice))
    return [title, "" if made.refusal else conclusion, table(changes), table(steps), notes]


def of_costs(costs: "Costs") -> list[str]:
    """What the computes of the target cost an hour; all its services share them."""
    both = (costs.compute, costs.cluster)
    rows = [{"": one.kind, "name": one.name, "nodes": one.nodes, "an hour": one.hour} for one in both]
    return [table(rows), "\n".join(f"- {cell(line)}" for line in costs.notes)]


def of_promotion(facts: Mapping[str, str], service: str, target: str) -> list[str]:
    """What would be promoted, and what it would meet, a row for each fact."""
    rows = [{"": name, "as things are now": value} for name, value in facts.items()]
    return [f"### What would be promoted to {cell(target)}: {cell(service)}", table(rows)]


def of_drift(service: str, outcome: str, tests: Sequence[dict[str, Any]]) -> list[str]:
    """The outcome in words, and a row for each test."""
    return [f"### {cell(service)}: {outcome}", table(tests)]
