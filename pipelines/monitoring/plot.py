"""The picture of a comparison: classes and confidences of the period beside those of the baseline."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipelines.monitoring.drift import Group, Label, shares

COLOURS = {"period": "#2a6fdb", "baseline": "#9aa4b2"}
MOST_CLASSES = 30
SIZE = (9.6, 3.6)  # inches


def most_changed(period: Group, baseline: Group, count: int) -> list[tuple[Label, float, float]]:
    """Up to ``count`` classes with their shares in period and baseline, those first that changed most."""
    now, before = shares(period.labels), shares(baseline.labels)
    rows = [(label, now.get(label, 0.0), before.get(label, 0.0)) for label in now | before]
    return sorted(rows, key=lambda row: (-abs(row[1] - row[2]), str(row[0])))[:count]


def write_plot(period: Group, baseline: Group, title: str, file: Path) -> None:
    """Write the plot as SVG to ``file``; its folder is made."""
    figure = Figure(SIZE, layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    figure.suptitle(title)
    _classes(left, period, baseline)
    _confidences(right, {"period": period, "baseline": baseline})
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


def _confidences(axes: Axes, groups: dict[str, Group]) -> None:
    for name, group in groups.items():
        if group.confidences:
            axes.ecdf(group.confidences, label=name, color=COLOURS[name])
    axes.set(xlabel="confidence", ylabel="share of answers", ylim=(0, 1.02))
    if axes.lines:
        axes.legend(loc="upper left")
