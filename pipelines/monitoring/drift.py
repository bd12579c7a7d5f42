"""Has what the service sees changed? Two groups of answers compared by their classes and by their confidences.

Classes: Pearson's chi-square test of homogeneity on the counts; classes of which fewer than five are expected in either
group are pooled, as W. Cochran advises ("Some methods for strengthening the common chi-square tests", Biometrics 10,
1954). Confidences: the two-sample Kolmogorov-Smirnov test, in its asymptotic form.

Each test may be wrong by chance; together they are wrong as often as ``monitoring.significance`` says, so each gets
half of it (Bonferroni). With many samples, a test proves differences too small to matter: drift is called only where
the distance between the groups is ``monitoring.distance`` or more as well. Both distances run from 0 to 1: half the sum
of the differences between the shares of the classes (total variation), and the largest difference between the shares
of confidences below any value (Kolmogorov-Smirnov's D).
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import chi2_contingency, ks_2samp  # type: ignore[import-untyped]

from config.settings import Monitoring

TESTS = 2
LEAST_EXPECTED = 5
Outcome = Literal["drift", "none", "undecided"]
Label = int | str


@dataclass(frozen=True)
class Group:
    """The answers of one side: the class of each, and the confidence of each where that is known."""

    labels: Sequence[Label]
    confidences: Sequence[float]


@dataclass(frozen=True)
class Finding:
    """What one test came to; distance and p-value are None where it couldn't be made."""

    name: str
    outcome: Outcome
    distance: float | None
    p_value: float | None
    detail: str


def compare(period: Group, baseline: Group, limits: Monitoring) -> tuple[Outcome, tuple[Finding, ...]]:
    """Both tests, and what they come to: drift where either found it, undecided where either couldn't be made."""
    tests = (_classes(period, baseline, limits), _confidences(period, baseline, limits))
    outcomes = {test.outcome for test in tests}
    for outcome in ("drift", "undecided"):
        if outcome in outcomes:
            return outcome, tests
    return "none", tests


def shares(labels: Sequence[Label]) -> dict[Label, float]:
    """Share of each class, 0 to 1."""
    return {label: count / len(labels) for label, count in Counter(labels).items()}


def _classes(period: Group, baseline: Group, limits: Monitoring) -> Finding:
    if lacking := _lacking(len(period.labels), len(baseline.labels), limits):
        return Finding("classes", "undecided", None, None, lacking)
    columns = _pool(Counter(period.labels), Counter(baseline.labels))
    now, before = shares(period.labels), shares(baseline.labels)
    if len(columns) == 1 < len(now | before):
        rare = f"all {len(now | before)} classes are too rare to be compared: take longer periods, or a greater share"
        return Finding("classes", "undecided", None, None, rare)
    p_value = float(chi2_contingency(np.array(columns).T, correction=False).pvalue) if len(columns) > 1 else 1.0
    distance = sum(abs(now.get(label, 0) - before.get(label, 0)) for label in now | before) / 2
    pooled = len(now | before) - len(columns)
    detail = f"chi-square over {len(columns)} classes" + (f", {pooled + 1} rare ones taken as one" if pooled else "")
    return _judged("classes", distance, p_value, detail, limits)


def _pool(period: Counter[Label], baseline: Counter[Label]) -> list[tuple[int, int]]:
    """Counts in both groups, one pair a class; the rare classes are one pair, with as many more as make it common."""
    smaller = min(period.total(), baseline.total()) / (period.total() + baseline.total())
    pairs = sorted(((period[label], baseline[label]) for label in period | baseline), key=sum)
    rare = sum(sum(pair) * smaller < LEAST_EXPECTED for pair in pairs)
    while 0 < rare < len(pairs) and sum(map(sum, pairs[:rare])) * smaller < LEAST_EXPECTED:
        rare += 1
    pooled = [(sum(now for now, _ in pairs[:rare]), sum(before for _, before in pairs[:rare]))] if rare else []
    return [*pooled, *pairs[rare:]]


def _confidences(period: Group, baseline: Group, limits: Monitoring) -> Finding:
    if lacking := _lacking(len(period.confidences), len(baseline.confidences), limits):
        return Finding("confidences", "undecided", None, None, lacking)
    result = ks_2samp(period.confidences, baseline.confidences, method="asymp")
    medians = f"median {np.median(period.confidences):.3f}, baseline {np.median(baseline.confidences):.3f}"
    return _judged("confidences", float(result.statistic), float(result.pvalue), medians, limits)


def _lacking(period: int, baseline: int, limits: Monitoring) -> str:
    """Why nothing can be decided; empty where it can."""
    few = [f"{count} in the {name}" for name, count in (("period", period), ("baseline", baseline))]
    if min(period, baseline) >= limits.minimum_samples:
        return ""
    hint = "" if period else "; is monitoring.share above 0?"
    return f"too few samples: {' and '.join(few)}, {limits.minimum_samples} are needed in each{hint}"


def _judged(name: str, distance: float, p_value: float, detail: str, limits: Monitoring) -> Finding:
    if math.isnan(p_value):
        return Finding(name, "undecided", None, None, "some of them are not numbers: the service answers NaN")
    drifted = p_value <= limits.significance / TESTS and distance >= limits.distance
    return Finding(name, "drift" if drifted else "none", round(distance, 4), p_value, detail)
