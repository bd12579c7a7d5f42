"""report.html and report.md: what validation found, for people and for a job's summary."""

import re
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from scoring.contract import Contract
from steps.artifacts.verdict import Outcome, Verdict
from steps.validation.measured import Measured

TEMPLATES = Environment(
    loader=PackageLoader("steps.validation.report", "templates"),
    autoescape=select_autoescape(["html.jinja"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def cell(text: str) -> str:
    """Text that stays within one cell of a Markdown table, and starts no markup."""
    return " ".join(re.sub(r"([\\`*_|<>\[\]])", r"\\\1", text).split())


TEMPLATES.filters["cell"] = cell


def write_report(
    verdict: Verdict, contract: Contract | None, candidate: Measured, production: Measured | None, folder: Path
) -> None:
    """Write ``report.html``, one file that needs no other, and ``report.md`` into ``folder``."""
    from steps.validation.report.figures import figures  # imports matplotlib

    measured = {"candidate": candidate} | ({"production": production} if production else {})
    drawn = {title: Markup(svg) for title, svg in figures(contract, measured).items()}  # noqa: S704 - our own SVG
    values = {"verdict": verdict, "figures": drawn, "plain": plain, "words": words}
    for name in ("report.html", "report.md"):
        (folder / name).write_text(TEMPLATES.get_template(f"{name}.jinja").render(values), encoding="utf-8")


def words(outcome: Outcome) -> str:
    """An outcome as people read it."""
    return outcome.replace("_", " ")


def plain(value: float | None) -> str:
    """A metric, short."""
    return "" if value is None else f"{value:g}"
