"""Are two answers' numbers the same but for rounding?"""

from collections.abc import Mapping, Sequence

import numpy as np

from steps.validation.tasks.task import Numbers, Vector

SMALLEST = 1e-6
"""Of a scale: of an output that is zero throughout, rounding would be an infinite share."""


def greatest(answers: Sequence[Numbers]) -> dict[str, float]:
    """Greatest absolute value of each output over all answers."""
    found: dict[str, float] = {}
    for answer in answers:
        for name, values in answer.items():
            found[name] = max(found.get(name, 0.0), float(np.abs(values).max(initial=0.0)))
    return found


def difference(first: Numbers, second: Numbers, scales: Mapping[str, float], partial: bool = False) -> float:
    """Largest difference of any number, each as a share of its output's scale where there is one.

    A scale is at least 1e-6. Infinite where shapes differ, and names too, unless ``partial``: what one of the two
    leaves out isn't compared then.
    """
    names = first.keys() & second if partial else first.keys() | second
    return max((_of(first.get(name), second.get(name), scales.get(name, 1.0)) for name in names), default=0.0)


def close(first: Numbers, second: Numbers, scales: Mapping[str, float], tolerance: float) -> bool:
    """Whether no number differs by more than ``tolerance``, as ``difference`` counts."""
    return difference(first, second, scales) <= tolerance


def _of(one: Vector | None, other: Vector | None, scale: float) -> float:
    if one is None or other is None or one.shape != other.shape:
        return float("inf")
    largest = float(np.abs(one - other).max(initial=0.0))
    return largest / max(scale, SMALLEST) if np.isfinite(largest) else float("inf")
