"""report.html and report.md: what validation found, for people and for a job's summary."""

import re
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from steps.artifacts.verdict import Verdict
from steps.validation import plots
from steps.validation.measurement import Measured

TEMPLATES = Environment(
    loader=PackageLoader("steps.validation", "templates"),
    autoescape=select_autoescape(["html.jinja"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def cell(text: str) -> str:
    """Text that stays within one cell of a Markdown table, and starts no markup."""
    return " ".join(re.sub(r"([\\`*_|<>\[\]])", r"\\\1", text).split())


TEMPLATES.filters["cell"] = cell


def write_report(verdict: Verdict, candidate: Measured, production: Measured | None, folder: Path) -> None:
    """Write ``report.html``, one file that needs no other, and ``report.md`` into ``folder``."""
    figures = {title: Markup(svg) for title, svg in _figures(candidate, production).items()}  # noqa: S704 - our own SVG
    values = {"verdict": verdict, "figures": figures, "plain": plain}
    for name in ("report.html", "report.md"):
        (folder / name).write_text(TEMPLATES.get_template(f"{name}.jinja").render(values), encoding="utf-8")


def plain(value: float | None) -> str:
    """A metric, short."""
    return "" if value is None else f"{value:g}"


def _figures(candidate: Measured, production: Measured | None) -> dict[str, str]:
    """Titles and plots; those without a figure to show are left out."""
    measured = {"candidate": candidate} | ({"production": production} if production else {})
    figures: dict[str, str] = {}
    if candidate.answers:
        answers = {who: one.answers for who, one in measured.items()}
        figures["Right answers by class"] = plots.accuracy_by_class(answers)
        figures["Latency"] = plots.latencies({who: one.latencies_ms for who, one in measured.items()})
        figures["Confusion of the candidate, in images"] = plots.confusion(candidate.answers)
    starts = {who: one.startup_seconds for who, one in measured.items() if one.startup_seconds is not None}
    if starts:
        figures["Cold start"] = plots.cold_start(starts)
    return figures
