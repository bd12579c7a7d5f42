"""What all plots of the report have in common."""

import io
import re
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter
from pydantic import JsonValue

from config.escaping.inert import inert_line
from steps.artifacts.verdict import Answer

COLOURS = {"candidate": "#2a6fdb", "production": "#768390"}
"""Both at least 3 to 1 on white and on the page's dark ground, as WCAG asks of what isn't text."""
INK = "#000000"
"""What matplotlib draws frames in; in the SVG it becomes the page's own colour of text."""
SIZE = (6.4, 3.4)  # inches
SQUARE = (5.2, 4.6)  # inches
LONGEST_NAME = 24  # characters
MOST_STEPS = 1000
"""Of a curve: more can't be seen, and would make the page grow with the samples."""
NUMBERED = re.compile(r' id="\w+_\d+"')
"""Names that matplotlib gives to what nothing refers to, the same in each plot; a page may have each only once."""
Answers = Mapping[str, Sequence[Answer]]
"""Answers by who gave them: ``candidate``, and ``production`` where there is one."""


def latencies(milliseconds: Mapping[str, Sequence[float]]) -> str:
    """Share of the requests that were answered within so many milliseconds."""
    figure = Figure(SIZE, layout="constrained")
    axes = figure.subplots()
    for who, values in milliseconds.items():
        if values:
            axes.ecdf(_thinned(values), label=who, color=COLOURS[who])
    axes.set(xlabel="milliseconds", ylabel="share of requests", ylim=(0, 1.02), xscale="log")
    for axis_formatter in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
        axis_formatter(LogFormatter())  # whole numbers, also within one decade
    name_sides(axes)
    return svg(figure)


def _thinned(values: Sequence[float]) -> Sequence[float]:
    """The values themselves, or as many quantiles as can be seen."""
    if len(values) <= MOST_STEPS:
        return values
    return [*np.quantile(values, np.linspace(0, 1, MOST_STEPS), method="nearest").tolist()]


def cold_start(seconds: Mapping[str, float]) -> str:
    """Seconds from starting the server until it was ready to score."""
    figure = Figure((6.4, 0.8 + 0.4 * len(seconds)), layout="constrained")
    axes = figure.subplots()
    axes.barh(list(seconds), list(seconds.values()), color=[COLOURS[who] for who in seconds])
    axes.invert_yaxis()
    axes.set(xlabel="seconds")
    return svg(figure)


def shortened(name: JsonValue) -> str:
    text = inert_line(str(name))
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"


def name_sides(axes: Axes) -> None:
    """Above the plot, where it hides nothing."""
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, borderaxespad=0.2)


def svg(figure: Figure) -> str:
    """The figure as an element of a page, on the page's ground and in its colour of text.

    The same figures give the same bytes, and nobody's machine or moment is named in them.
    """
    style = mpl.rc_context({"svg.hashsalt": "aml-gpu-pipeline", "svg.fonttype": "none"})
    with style, io.StringIO() as file:
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
        text = file.getvalue()
    unnamed = NUMBERED.sub("", text[text.index("<svg") :])
    return unnamed.replace(INK, "currentColor")
