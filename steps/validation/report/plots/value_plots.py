"""Plots of answers that are numbers."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from steps.artifacts.verdict import Answer
from steps.validation.report.plots.drawing import COLOURS, SIZE, SQUARE, Answers, name_sides, svg
from steps.validation.tasks.task import vector

MOST_POINTS = 2000
BINS = 40
Pairs = npt.NDArray[np.float64]
"""[n, 2]: true and answered, a row a value."""


def predicted_by_truth(answers: Answers, unit: str | None) -> str:
    """Each value that was answered over its truth; the line is where they are the same."""
    figure = Figure(SQUARE, layout="constrained")
    axes = figure.subplots()
    pairs = _pairs(answers)
    for who in reversed([*pairs]):  # the candidate above production
        true, given = pairs[who][:MOST_POINTS].T
        axes.scatter(true, given, s=8, alpha=0.6, label=who, color=COLOURS[who], linewidths=0)
    everything = np.concatenate([*pairs.values()])
    axes.axline((float(everything.mean()),) * 2, slope=1, color="#888888", linewidth=0.8)
    axes.set(xlabel=f"value in the validation data{_in(unit)}", ylabel=f"value that was answered{_in(unit)}")
    name_sides(axes)
    return svg(figure)


def errors(answers: Answers, unit: str | None) -> str:
    """How often an answer was too great, or too small, by so much."""
    figure = Figure(SIZE, layout="constrained")
    axes = figure.subplots()
    apart = {who: pair[:, 1] - pair[:, 0] for who, pair in _pairs(answers).items()}
    bins = np.histogram_bin_edges(np.concatenate([*apart.values()]), bins=BINS)
    for who in reversed([*apart]):
        axes.hist(apart[who], bins=bins.tolist(), alpha=0.7, label=who, color=COLOURS[who])
    axes.axvline(0, color="#888888", linewidth=0.8)
    axes.set(xlabel=f"answered less true value{_in(unit)}", ylabel="values")
    name_sides(axes)
    return svg(figure)


def probabilities(answers: Sequence[Answer], names: Sequence[str]) -> str:
    """Probability of the second class that was answered, for the samples of each of the two classes."""
    figure = Figure(SIZE, layout="constrained")
    axes = figure.subplots()
    for label, colour in ((0, COLOURS["production"]), (1, COLOURS["candidate"])):
        values = [one.probability for one in answers if one.label == label and one.probability is not None]
        name = names[label] if len(names) == 2 else f"class {label}"
        axes.hist(values, bins=BINS // 2, range=(0, 1), alpha=0.7, label=name.replace("$", r"\$"), color=colour)
    axes.set(xlabel="probability of the second class", ylabel="samples", xlim=(0, 1))
    name_sides(axes)
    return svg(figure)


def _pairs(answers: Answers) -> Mapping[str, Pairs]:
    """By who gave them, those of which there are any."""
    found = {who: _of(given) for who, given in answers.items()}
    return {who: pairs for who, pairs in found.items() if len(pairs)}


def _of(answers: Sequence[Answer]) -> Pairs:
    pairs = [(vector(one.label), vector(one.predicted)) for one in answers]
    same = [
        np.stack([true.ravel(), given.ravel()], axis=1)
        for true, given in pairs
        if true is not None and given is not None and true.shape == given.shape
    ]
    return np.concatenate(same) if same else np.empty((0, 2))


def _in(unit: str | None) -> str:
    return "" if unit is None else f" ({unit})".replace("$", r"\$")
