"""The picture of a comparison: classes and confidences, or values, of the period beside those of the baseline."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipelines.monitoring.drift import Group, Label, columns, shares

COLOURS = {"period": "#2a6fdb", "baseline": "#9aa4b2"}
MOST_CLASSES = 30
MOST_VALUES = 4
SIZE = (9.6, 3.6)  # inches


def most_changed(period: Group, baseline: Group, count: int) -> list[tuple[Label, float, float]]:
    """Up to ``count`` classes with their shares in period and baseline, those first that changed most."""
    now, before = shares(period.labels), shares(baseline.labels)
    rows = [(label, now.get(label, 0.0), before.get(label, 0.0)) for label in now | before]
    return sorted(rows, key=lambda row: (-abs(row[1] - row[2]), str(row[0])))[:count]


def write_plot(period: Group, baseline: Group, title: str, file: Path) -> None:
    """Write the plot as SVG to ``file``; its folder is made."""
    figure = Figure(SIZE, layout="constrained")
    figure.suptitle(title)
    if period.values or baseline.values:
        _values(figure, period, baseline)
    else:
        left, right = figure.subplots(1, 2, width_ratios=(3, 2))
        _classes(left, period, baseline)
        _numbers(right, {"period": period.confidences or (), "baseline": baseline.confidences or ()}, "confidence")
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, format="svg")


def _classes(axes: Axes, period: Group, baseline: Group) -> None:
    rows = sorted(most_changed(period, baseline, MOST_CLASSES), key=lambda row: (isinstance(row[0], str), row[0]))
    places = np.arange(len(rows))
    axes.bar(places - 0.2, [row[1] for row in rows], 0.4, label="period", color=COLOURS["period"])
    axes.bar(places + 0.2, [row[2] for row in rows], 0.4, label="baseline", color=COLOURS["baseline"])
    axes.set_xticks(places, [str(row[0]) for row in rows], rotation=90 if len(rows) > 15 else 0, parse_math=False)
    axes.set(xlabel="class", ylabel="share of answers")
    axes.legend()


def _values(figure: Figure, period: Group, baseline: Group) -> None:
    """The first values of the answers, a plot each."""
    now, before = columns(period.values), columns(baseline.values)
    shown = min(MOST_VALUES, max(len(now), len(before)))
    for place, axes in enumerate(figure.subplots(1, shown, squeeze=False)[0]):
        sides = {"period": now, "baseline": before}
        numbers = {name: side[place] for name, side in sides.items() if place < len(side)}
        _numbers(axes, numbers, "value" if shown == 1 else f"value {place}")


def _numbers(axes: Axes, groups: Mapping[str, Sequence[float]], what: str) -> None:
    for name, numbers in groups.items():
        if numbers:
            axes.ecdf(numbers, label=name, color=COLOURS[name])
    axes.set(xlabel=what, ylabel="share of answers", ylim=(0, 1.02))
    if axes.lines:
        axes.legend(loc="upper left")
