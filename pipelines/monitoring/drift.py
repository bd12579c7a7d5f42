"""Has what the service sees changed? Two groups of answers compared by their classes and confidences, or their values.

Classes, and sets of labels: Pearson's chi-square test of homogeneity on the counts; those of which fewer than five are
expected in either group are pooled, as W. Cochran advises ("Some methods for strengthening the common chi-square
tests", Biometrics 10, 1954). Confidences, and each value of a regression: the two-sample Kolmogorov-Smirnov test, in
its asymptotic form.

Each test may be wrong by chance; together they are wrong as often as ``monitoring.significance`` says, so each gets
its share of it (Bonferroni). With many samples, a test proves differences too small to matter: drift is called only
where the distance between the groups is ``monitoring.distance`` or more as well. Both distances run from 0 to 1: half
the sum of the differences between the shares of the classes (total variation), and the largest difference between the
shares of numbers below any value (Kolmogorov-Smirnov's D).
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import chi2_contingency, ks_2samp  # type: ignore[import-untyped]

from config.settings import Monitoring

LEAST_EXPECTED = 5
Outcome = Literal["drift", "none", "undecided"]
Label = int | str


@dataclass(frozen=True)
class Group:
    """The answers of one side, by what their task gives."""

    labels: Sequence[Label]
    """The class of each; of a multilabel task, all of its labels as one."""
    confidences: Sequence[float] | None
    """The probability of each where that is known; None where the task has none that can be compared."""
    values: Sequence[Sequence[float]] = ()
    """Of a regression, the numbers of each answer, as many as every other's; such answers have no class."""
    outputs: bool = False
    """Whether the answers are bare tensors, which have neither."""


@dataclass(frozen=True)
class Finding:
    """What one test came to; distance and p-value are None where it couldn't be made."""

    name: str
    outcome: Outcome
    distance: float | None
    p_value: float | None
    detail: str


@dataclass(frozen=True)
class Bar:
    """What a test's result is held against: the limits, and of how many tests it is one."""

    limits: Monitoring
    tests: int

    def judge(self, name: str, distance: float, p_value: float, detail: str) -> Finding:
        if math.isnan(p_value):
            return _undecided(name, "some of them are not numbers: the service answers NaN")
        drifted = p_value <= self.limits.significance / self.tests and distance >= self.limits.distance
        return Finding(name, "drift" if drifted else "none", round(distance, 4), p_value, detail)


def compare(period: Group, baseline: Group, limits: Monitoring) -> tuple[Outcome, tuple[Finding, ...]]:
    """All tests, and what they come to: drift where one found it, undecided where one couldn't be made."""
    tests = _tests(period, baseline, limits)
    outcomes = {test.outcome for test in tests}
    for outcome in ("drift", "undecided"):
        if outcome in outcomes:
            return outcome, tests
    return "none", tests


def _tests(period: Group, baseline: Group, limits: Monitoring) -> tuple[Finding, ...]:
    if period.outputs or baseline.outputs:
        return (_undecided("outputs", "bare tensors have no classes or values whose distribution could be compared"),)
    if period.values or baseline.values:
        return _values(period.values, baseline.values, limits)
    if period.confidences is None or baseline.confidences is None:
        return (_classes(period, baseline, Bar(limits, 1)),)
    bar = Bar(limits, 2)
    return _classes(period, baseline, bar), _numbers("confidences", period.confidences, baseline.confidences, bar)


def shares(labels: Sequence[Label]) -> dict[Label, float]:
    """Share of each class, 0 to 1."""
    return {label: count / len(labels) for label, count in Counter(labels).items()}


def columns(values: Sequence[Sequence[float]]) -> list[Sequence[float]]:
    """The first number of every answer, the second of every answer, and so on."""
    return [*zip(*values, strict=False)]


def _values(
    period: Sequence[Sequence[float]], baseline: Sequence[Sequence[float]], limits: Monitoring
) -> tuple[Finding, ...]:
    now, before = columns(period), columns(baseline)
    if now and before and len(now) != len(before):
        lengths = f"{len(now)} values an answer in the period, {len(before)} in the baseline"
        return (_undecided("values", f"{lengths}: these are two models"),)
    bar = Bar(limits, max(len(now), len(before)))
    names = ["values"] if bar.tests == 1 else [f"value {place}" for place in range(bar.tests)]
    empty: list[Sequence[float]] = [()] * bar.tests
    return tuple(_numbers(*each, bar) for each in zip(names, now or empty, before or empty, strict=True))


def _classes(period: Group, baseline: Group, bar: Bar) -> Finding:
    if lacking := _lacking(len(period.labels), len(baseline.labels), bar.limits):
        return _undecided("classes", lacking)
    counts = _pool(Counter(period.labels), Counter(baseline.labels))
    now, before = shares(period.labels), shares(baseline.labels)
    if len(counts) == 1 < len(now | before):
        rare = f"all {len(now | before)} classes are too rare to be compared: take longer periods, or a greater share"
        return _undecided("classes", rare)
    p_value = float(chi2_contingency(np.array(counts).T, correction=False).pvalue) if len(counts) > 1 else 1.0
    distance = sum(abs(now.get(label, 0) - before.get(label, 0)) for label in now | before) / 2
    pooled = len(now | before) - len(counts)
    detail = f"chi-square over {len(counts)} classes" + (f", {pooled + 1} rare ones taken as one" if pooled else "")
    return bar.judge("classes", distance, p_value, detail)


def _pool(period: Counter[Label], baseline: Counter[Label]) -> list[tuple[int, int]]:
    """Counts in both groups, one pair a class; the rare classes are one pair, with as many more as make it common."""
    smaller = min(period.total(), baseline.total()) / (period.total() + baseline.total())
    pairs = sorted(((period[label], baseline[label]) for label in period | baseline), key=sum)
    rare = sum(sum(pair) * smaller < LEAST_EXPECTED for pair in pairs)
    while 0 < rare < len(pairs) and sum(map(sum, pairs[:rare])) * smaller < LEAST_EXPECTED:
        rare += 1
    pooled = [(sum(now for now, _ in pairs[:rare]), sum(before for _, before in pairs[:rare]))] if rare else []
    return [*pooled, *pairs[rare:]]


def _numbers(name: str, period: Sequence[float], baseline: Sequence[float], bar: Bar) -> Finding:
    if lacking := _lacking(len(period), len(baseline), bar.limits):
        return _undecided(name, lacking)
    result = ks_2samp(period, baseline, method="asymp")
    medians = f"median {_short(np.median(period))}, baseline {_short(np.median(baseline))}"
    return bar.judge(name, float(result.statistic), float(result.pvalue), medians)


def _short(number: np.floating) -> str:
    return f"{number:.3f}" if abs(number) < 1 else f"{number:.4g}"


def _lacking(period: int, baseline: int, limits: Monitoring) -> str:
    """Why nothing can be decided; empty where it can."""
    few = [f"{count} in the {name}" for name, count in (("period", period), ("baseline", baseline))]
    if min(period, baseline) >= limits.minimum_samples:
        return ""
    hint = "" if period else "; is monitoring.share above 0?"
    return f"too few samples: {' and '.join(few)}, {limits.minimum_samples} are needed in each{hint}"


def _undecided(name: str, why: str) -> Finding:
    return Finding(name, "undecided", None, None, why)
