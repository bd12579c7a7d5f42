"""The plots of a validation report, as SVG text to be put into a page."""

import io
from collections import Counter
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter
from numpy.typing import ArrayLike

from steps.artifacts.verdict import Answer

COLOURS = {"candidate": "#2a6fdb", "production": "#9aa4b2"}
MOST_CLASSES = 30
SIZE = (6.4, 3.4)  # inches
Answers = Mapping[str, Sequence[Answer]]
"""Answers by who gave them: ``candidate``, and ``production`` where there is one."""


def accuracy_by_class(answers: Answers) -> str:
    """Share of right answers for each label, the worst of the candidate's first where there are many."""
    shares = {who: _shares(given) for who, given in answers.items()}
    labels = sorted(shares["candidate"], key=lambda label: (shares["candidate"][label], label))[:MOST_CLASSES]
    labels = sorted(labels)
    figure = Figure(SIZE, layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(shares)
    places = np.arange(len(labels))
    for number, (who, share) in enumerate(shares.items()):
        heights = [share.get(label, 0.0) for label in labels]
        axes.bar(places + number * width, heights, width, label=who, color=COLOURS[who])
    _name_classes(axes, places + width * (len(shares) - 1) / 2, labels)
    some = len(labels) < len(shares["candidate"])
    axes.set(
        xlabel=f"class, the {len(labels)} worst" if some else "class", ylabel="share answered rightly", ylim=(0, 1.02)
    )
    _legend(axes)
    return _svg(figure)


def confusion(answers: Sequence[Answer]) -> str:
    """Images by label and answered class; with many classes, only those most often confused."""
    wrong = Counter(label for one in answers if one.label != one.predicted for label in (one.label, one.predicted))
    seen = sorted({one.label for one in answers} | {one.predicted for one in answers})
    confused = sorted(label for label, _ in wrong.most_common(MOST_CLASSES))
    classes = seen if len(seen) <= MOST_CLASSES else confused or seen[:MOST_CLASSES]
    place = {label: index for index, label in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)), int)
    for one in answers:
        if one.label in place and one.predicted in place:
            counts[place[one.label], place[one.predicted]] += 1
    figure = Figure((5.2, 4.6), layout="constrained")
    axes = figure.subplots()
    axes.imshow(counts, cmap="Blues")
    _name_classes(axes, range(len(classes)), classes)
    axes.set_yticks(range(len(classes)), [str(label) for label in classes])
    which = "of those most often confused" if confused else f"the first {len(classes)}: none was confused"
    some = f", {which}" if len(classes) < len(seen) else ""
    axes.set(xlabel=f"class that was answered{some}", ylabel="class in labels.csv")
    for row, column in zip(*np.nonzero(counts), strict=True):
        dark = counts[row, column] > counts.max() / 2
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color="w" if dark else "k", size=7)
    return _svg(figure)


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
    _legend(axes)
    return _svg(figure)


def cold_start(seconds: Mapping[str, float]) -> str:
    """Seconds from starting the server until it was ready to score."""
    figure = Figure((6.4, 0.8 + 0.4 * len(seconds)), layout="constrained")
    axes = figure.subplots()
    axes.barh(list(seconds), list(seconds.values()), color=[COLOURS[who] for who in seconds])
    axes.invert_yaxis()
    axes.set(xlabel="seconds")
    return _svg(figure)


def _name_classes(axes: Axes, places: ArrayLike, labels: Sequence[int]) -> None:
    axes.set_xticks(places, [str(label) for label in labels], rotation=90 if len(labels) > 15 else 0)


def _legend(axes: Axes) -> None:
    """Above the plot, where it hides nothing."""
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, borderaxespad=0.2)


def _shares(answers: Sequence[Answer]) -> dict[int, float]:
    total = Counter(one.label for one in answers)
    right = Counter(one.label for one in answers if one.label == one.predicted)
    return {label: right[label] / count for label, count in total.items()}


def _svg(figure: Figure) -> str:
    # The same figures give the same bytes, and nobody's machine or moment is named in them.
    style = mpl.rc_context({"svg.hashsalt": "aml-gpu-pipeline", "svg.fonttype": "none"})
    with style, io.StringIO() as file:
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
        text = file.getvalue()
    return text[text.index("<svg") :]
