"""Are two answers' numbers the same but for rounding?"""

from collections.abc import Mapping, Sequence

import numpy as np

from steps.validation.tasks.task import Numbers


def greatest(answers: Sequence[Numbers]) -> dict[str, float]:
    """Greatest absolute value of each output over all answers."""
    found: dict[str, float] = {}
    for answer in answers:
        for name, values in answer.items():
            found[name] = max(found.get(name, 0.0), float(np.abs(values).max(initial=0.0)))
    return found


def difference(first: Numbers, second: Numbers, scales: Mapping[str, float], absent: float | None = None) -> float:
    """Largest difference of any number, each as a share of its output's scale where there is one.

    Infinite where names or shapes differ, unless ``absent`` stands for the numbers that one of the two leaves out.
    """
    return max((_of(name, first, second, scales.get(name, 1.0), absent) for name in first.keys() | second), default=0.0)


def close(first: Numbers, second: Numbers, scales: Mapping[str, float], tolerance: float) -> bool:
    """Whether no number differs by more than ``tolerance``, as ``difference`` counts."""
    return difference(first, second, scales) <= tolerance


def _of(name: str, first: Numbers, second: Numbers, scale: float, absent: float | None) -> float:
    one, other = first.get(name), second.get(name)
    if absent is not None:
        one, other = (np.array([absent]) if each is None else each for each in (one, other))
    if one is None or other is None or one.shape != other.shape:
        return float("inf")
    largest = float(np.abs(one - other).max(initial=0.0))
    if not np.isfinite(largest):
        return float("inf")
    return largest / scale if scale > 0 else 0.0 if largest == 0 else float("inf")
