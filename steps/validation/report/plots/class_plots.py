"""Plots of answers that are a class, or several."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from steps.artifacts.verdict import Answer
from steps.validation.report.plots.drawing import (
    COLOURS,
    SIZE,
    SQUARE,
    Answers,
    name_sides,
    shortened,
    svg,
)

MOST_CLASSES = 30
ROOM = 30  # characters beside each other below the confusion's columns
EQUALLY_READABLE = 0.179  # relative luminance L with 1.05 / (L + 0.05) = (L + 0.05) / 0.05
Label = int | str
Names = Sequence[str]
"""Of the classes, in their order; empty: they have numbers."""


def accuracy_by_class(answers: Answers, names: Names = ()) -> str:
    """Share of right answers for each class, the worst of the candidate's where there are many."""
    return _by_class({who: _shares(given) for who, given in answers.items()}, names, "share answered rightly")


def scores_by_class(scores: Mapping[str, Mapping[int, float]], names: Names, what: str) -> str:
    """A score of each class, 0 to 1, by who reached it; the worst of the candidate's where there are many."""
    return _by_class({who: dict[Label, float](score.items()) for who, score in scores.items()}, names, what)


def _by_class(shares: Mapping[str, Mapping[Label, float]], names: Names, what: str) -> str:
    worst = sorted(shares["candidate"], key=lambda label: (shares["candidate"][label], _order(label)))[:MOST_CLASSES]
    labels = sorted(worst, key=_order)
    figure = Figure((SIZE[0], 1.2 + 0.22 * len(labels) * len(shares) ** 0.5), layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(shares)
    places = np.arange(len(labels))
    for number, (who, share) in enumerate(shares.items()):
        lengths = [share.get(label, 0.0) for label in labels]
        axes.barh(places + number * width, lengths, width, label=who, color=COLOURS[who])
    shown = [shortened(_name(label, names)) for label in labels]
    axes.set_yticks(places + width * (len(shares) - 1) / 2, shown, parse_math=False)
    axes.invert_yaxis()
    some = len(labels) < len(shares["candidate"])
    axes.set(ylabel=f"class, the {len(labels)} worst" if some else "class", xlabel=what, xlim=(0, 1.02))
    name_sides(axes)
    return svg(figure)


def confusion(answers: Sequence[Answer], names: Names = ()) -> str:
    """Samples by true and answered class; with many classes, only those most often confused."""
    pairs = [(_label(one.label), _label(one.predicted)) for one in answers]
    wrong = Counter(label for true, given in pairs if true != given for label in (true, given))
    seen = sorted({label for pair in pairs for label in pair}, key=_order)
    confused = sorted((label for label, _ in wrong.most_common(MOST_CLASSES)), key=_order)
    classes = seen if len(seen) <= MOST_CLASSES else confused or seen[:MOST_CLASSES]
    place = {label: index for index, label in enumerate(classes)}
    counts = np.zeros((len(classes), len(classes)), int)
    for true, given in pairs:
        if true in place and given in place:
            counts[place[true], place[given]] += 1
    figure = Figure(SQUARE, layout="constrained")
    axes = figure.subplots()
    shades = axes.imshow(counts, cmap="Blues")
    shown = [shortened(_name(label, names)) for label in classes]
    upright = len(shown) * (max(map(len, shown), default=0) + 1) > ROOM
    axes.set_xticks(range(len(classes)), shown, rotation=90 if upright else 0, parse_math=False)
    axes.set_yticks(range(len(classes)), shown, parse_math=False)
    which = "of those most often confused" if confused else f"the first {len(classes)}: none was confused"
    some = f", {which}" if len(classes) < len(seen) else ""
    axes.set(xlabel=f"class that was answered{some}", ylabel="class in the validation data")
    for row, column in zip(*np.nonzero(counts), strict=True):
        count = counts[row, column]
        ink = _readable_on(shades.to_rgba(count))
        axes.text(column, row, str(count), ha="center", va="center", color=ink, size=7)
    return svg(figure)


def _readable_on(ground: ArrayLike) -> str:
    """Black or white, whichever stands out more by WCAG's contrast; a black that isn't the page's ink."""
    red, green, blue = (
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in np.asarray(ground)[:3]
    )
    return "#000001" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > EQUALLY_READABLE else "#ffffff"


def _label(value: object) -> Label:
    return value if isinstance(value, int) else str(value)


def _order(label: Label) -> tuple[bool, int, str]:
    """Numbers in their order, then names in theirs."""
    return (False, label, "") if isinstance(label, int) else (True, 0, label)


def _name(label: Label, names: Names) -> Label:
    return names[label] if isinstance(label, int) and 0 <= label < len(names) else label


def _shares(answers: Sequence[Answer]) -> dict[Label, float]:
    total = Counter(_label(one.label) for one in answers)
    right = Counter(_label(one.label) for one in answers if one.is_right)
    return {label: right[label] / count for label, count in total.items()}
