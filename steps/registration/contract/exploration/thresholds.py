"""What to ask of a model, from what it was measured at on a sample.

A floor is the lower end of the 95 % interval of a share (E. B. Wilson, "Probable inference, the law of succession, and
statistical inference", JASA 22, 1927), a ceiling the upper end of a mean error's, by its standard error: a model as
good as this one passes on other samples of the same kind, nearly always.
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import binomtest  # type: ignore[import-untyped]

CONFIDENCE = 0.95
DEVIATIONS = 1.96  # of a normal distribution, to both sides of that interval
ROOM = 0.001
"""What a ceiling leaves besides, as a share of the mean absolute truth: arithmetic differs from machine to machine."""


def floor_of(right: int, count: int) -> float:
    """Of ``right`` right answers in ``count``; 0 to 1, rounded down to two decimals."""
    interval = binomtest(right, count).proportion_ci(CONFIDENCE, "wilson")
    return math.floor(float(interval.low) * 100) / 100


def ceiling_of(errors: Sequence[float], truths: Sequence[float]) -> float:
    """Of absolute ``errors``, one a sample, in the unit of the ``truths``; rounded up to two digits."""
    spread = float(np.std(errors, ddof=1)) / math.sqrt(len(errors)) if len(errors) > 1 else 0.0
    high = float(np.mean(errors)) + DEVIATIONS * spread
    room = ROOM * float(np.mean(np.abs(truths))) or ROOM
    return rounded_up(high + room)


def rounded_up(value: float) -> float:
    """A value above 0 to two digits."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.ceil(value / step - 1e-9) * step:.2g}")
