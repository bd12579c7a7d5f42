"""What all plots of the report have in common."""

import io
from collections.abc import Mapping, Sequence

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter
from numpy.typing import ArrayLike
from pydantic import JsonValue

from steps.artifacts.verdict import Answer

COLOURS = {"candidate": "#2a6fdb", "production": "#9aa4b2"}
SIZE = (6.4, 3.4)  # inches
SQUARE = (5.2, 4.6)  # inches
LONGEST_NAME = 24  # characters
Answers = Mapping[str, Sequence[Answer]]
"""Answers by who gave them: ``candidate``, and ``production`` where there is one."""


def latencies(milliseconds: Mapping[str, Sequence[float]]) -> str:
    """Share of the requests that were answered within so many milliseconds."""
    figure = Figure(SIZE, layout="constrained")
    axes = figure.subplots()
    for who, values in milliseconds.items():
        if values:
            axes.ecdf(values, label=who, color=COLOURS[who])
    axes.set(xlabel="milliseconds", ylabel="share of requests", ylim=(0, 1.02), xscale="log")
    for axis_formatter in (axes.xaxis.set_major_formatter, axes.xaxis.set_minor_formatter):
        axis_formatter(LogFormatter())  # whole numbers, also within one decade
    name_sides(axes)
    return svg(figure)


def cold_start(seconds: Mapping[str, float]) -> str:
    """Seconds from starting the server until it was ready to score."""
    figure = Figure((6.4, 0.8 + 0.4 * len(seconds)), layout="constrained")
    axes = figure.subplots()
    axes.barh(list(seconds), list(seconds.values()), color=[COLOURS[who] for who in seconds])
    axes.invert_yaxis()
    axes.set(xlabel="seconds")
    return svg(figure)


def name_classes(axes: Axes, places: ArrayLike, classes: Sequence[JsonValue]) -> None:
    names = [shortened(one) for one in classes]
    upright = len(names) > 15 or sum(map(len, names)) > 60
    axes.set_xticks(places, names, rotation=90 if upright else 0, parse_math=False)


def shortened(name: JsonValue) -> str:
    text = str(name)
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"


def name_sides(axes: Axes) -> None:
    """Above the plot, where it hides nothing."""
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, borderaxespad=0.2)


def svg(figure: Figure) -> str:
    # The same figures give the same bytes, and nobody's machine or moment is named in them.
    style = mpl.rc_context({"svg.hashsalt": "aml-gpu-pipeline", "svg.fonttype": "none"})
    with style, io.StringIO() as file:
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
        text = file.getvalue()
    return text[text.index("<svg") :]
