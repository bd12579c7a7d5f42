"""report.html and report.md: what validation found, for people and for a job's summary."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from config.escaping.inert import inert
from config.escaping.markdown import cell
from scoring.contract import Contract
from steps.artifacts.verdict import Check, Outcome, Verdict
from steps.validation.evidence import Evidence
from steps.validation.report.wording import wording_of
from steps.validation.report.worst import worst
from steps.validation.samples.contents import Contents

TEMPLATES = Environment(
    loader=PackageLoader("steps.validation.report", "templates"),
    autoescape=select_autoescape(["html.jinja"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=lambda value: inert(value) if type(value) is str else value,  # not what is markup already
)
FILES = ("report.html", "report.md")
CONSEQUENCES = {
    "BLESSED": "It may be deployed",
    "NOT_BLESSED": "It is refused, for this reason",
    "UNDECIDED": "It is refused, for there was too little to decide by",
}


TEMPLATES.filters["cell"] = cell


@dataclass(frozen=True)
class Origin:
    """Where a verdict comes from, beside what it says itself."""

    service: str
    git_commit: str
    date: datetime
    samples: Contents
    """The validation data, from which a few samples are shown."""
    promoted_from: str | None = None
    """The version of another workspace that it is."""


def write_report(verdict: Verdict, contract: Contract | None, evidence: Evidence, origin: Origin, folder: Path) -> None:
    """Write ``report.html``, one file that needs no other, and ``report.md`` into ``folder``.

    What comes from samples is bounded, so that a page has 2 MB at most.
    """
    from steps.validation.report.plots.figures import figures  # imports matplotlib

    wording = wording_of(contract, origin.samples)
    measured = {"candidate": evidence.candidate}
    measured |= {"production": evidence.production} if evidence.production else {}
    drawn = figures(contract, measured, wording.names)
    values = {
        "verdict": verdict,
        "consequence": CONSEQUENCES[verdict.status],
        "checks": in_order(verdict),
        "facts": facts(verdict, evidence, origin),
        "worst": worst(evidence, wording, origin.samples.folder),
        "figures": {title: Markup(svg) for title, svg in drawn.items()},  # noqa: S704 - our own SVG
        "plain": plain,
        "words": words,
    }
    for name in FILES:
        (folder / name).write_text(TEMPLATES.get_template(f"{name}.jinja").render(values), encoding="utf-8")


def in_order(verdict: Verdict) -> list[Check]:
    """All checks: those that stand in the way, those that were skipped, those that passed."""
    return sorted(verdict.causes_first, key=lambda check: check.outcome == "pass")


def facts(verdict: Verdict, evidence: Evidence, origin: Origin) -> Mapping[str, str]:
    """What was measured, when, where and for what, by what it is."""
    devices = ", ".join(sorted(evidence.candidate.devices)) or "none that answered"
    promoted = {"promoted from": origin.promoted_from} if origin.promoted_from else {}
    return promoted | {
        "service": origin.service,
        "date": f"{origin.date:%Y-%m-%d %H:%M} UTC",
        "device": f"{devices}, {verdict.precision}",
        "compared with": _compared(verdict),
        "git commit": origin.git_commit,
        "environment": verdict.environment,
        "run": verdict.run_id,
        "content hash": verdict.content_hash,
    }


def _compared(verdict: Verdict) -> str:
    production = verdict.production
    if production is None:
        return "nothing: first release"
    return f"{production.model} ({production.detail})" if production.detail else production.model


def words(outcome: Outcome) -> str:
    """An outcome as people read it."""
    return outcome.replace("_", " ")


def plain(value: float | None) -> str:
    """A metric, short."""
    return "" if value is None else f"{value:g}"
