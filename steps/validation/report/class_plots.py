"""Plots of answers that are a class, or several."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from steps.artifacts.verdict import Answer
from steps.validation.report.drawing import (
    COLOURS,
    SIZE,
    SQUARE,
    Answers,
    name_classes,
    name_sides,
    shortened,
    svg,
)

MOST_CLASSES = 30
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
    figure = Figure(SIZE, layout="constrained")
    axes = figure.subplots()
    width = 0.8 / len(shares)
    places = np.arange(len(labels))
    for number, (who, share) in enumerate(shares.items()):
        heights = [share.get(label, 0.0) for label in labels]
        axes.bar(places + number * width, heights, width, label=who, color=COLOURS[who])
    name_classes(axes, places + width * (len(shares) - 1) / 2, [_name(label, names) for label in labels])
    some = len(labels) < len(shares["candidate"])
    axes.set(xlabel=f"class, the {len(labels)} worst" if some else "class", ylabel=what, ylim=(0, 1.02))
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
    axes.imshow(counts, cmap="Blues")
    shown = [_name(label, names) for label in classes]
    name_classes(axes, range(len(classes)), shown)
    axes.set_yticks(range(len(classes)), [shortened(name) for name in shown], parse_math=False)
    which = "of those most often confused" if confused else f"the first {len(classes)}: none was confused"
    some = f", {which}" if len(classes) < len(seen) else ""
    axes.set(xlabel=f"class that was answered{some}", ylabel="class in the validation data")
    for row, column in zip(*np.nonzero(counts), strict=True):
        dark = counts[row, column] > counts.max() / 2
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color="w" if dark else "k", size=7)
    return svg(figure)


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
