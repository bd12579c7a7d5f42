"""Any number of classes at once: exact match and macro-F1.

Exact match (subset accuracy; M.-L. Zhang and Z.-H. Zhou, "A review on multi-label learning algorithms", IEEE TKDE 26,
2014) is the share of samples with exactly the true labels: held against ``validation.accuracy_floor``, and compared
with production's by McNemar's exact test, for each sample is right or wrong. Macro-F1 is the mean of the labels' F1 (of
the two that J. Opitz and S. Burst tell apart in "Macro F1 and Macro F1", arXiv:1911.03347, 2019, the mean of the F1
scores), held against ``validation.macro_f1_floor``: it shows rare labels that are missed. Labels that are neither true
nor given anywhere have no F1 and are left out.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from pydantic import JsonValue

from config.settings import Validation
from scoring.contract import Contract
from steps.validation.tasks.task import Bound, Numbers, Scored, Task, member, vector, whole


@dataclass(frozen=True)
class Multilabel(Task):
    """``{"classes": [indices], "probabilities": [of these]}``."""

    share: ClassVar[str] = "exact_match"
    partial: ClassVar[bool] = True
    """A class below the threshold has no number: that one answer gives it and another doesn't is for ``decided``."""

    @classmethod
    def of(cls, _: Contract, __: Validation) -> "Multilabel":
        return cls()

    def predicted(self, answer: JsonValue, truth: JsonValue) -> JsonValue:
        """The classes, sorted."""
        given = member(answer, "classes")
        indices = [whole(one) for one in given] if isinstance(given, list) else [None]
        return None if None in indices else [*sorted(index for index in indices if index is not None)]

    def numbers(self, answer: JsonValue) -> Numbers:
        given, row = member(answer, "classes"), vector(member(answer, "probabilities"))
        if not isinstance(given, list):
            return {}
        if row is None or row.shape != (len(given),):
            row = np.full(len(given), np.nan)  # they don't count as left out
        return {str(index): np.atleast_1d(value) for index, value in zip(given, row, strict=True)}

    def score(self, name: str, truth: JsonValue, answer: JsonValue) -> Scored:
        scored, given = super().score(name, truth, answer), self.numbers(answer)
        classes = scored.predicted if isinstance(scored.predicted, list) else []
        probabilities = tuple(round(float(given[str(index)][0]), 6) for index in classes)
        return replace(scored, probabilities=probabilities if np.isfinite(probabilities).all() else ())

    def fault(self, one: Scored) -> float:
        """How many classes were missed or given wrongly."""
        return float(len(_classes(one.truth) ^ _classes(one.predicted))) if one.answered else float("inf")

    def metrics(self, scored: Sequence[Scored]) -> dict[str, float]:
        f1 = f1_by_class(scored)
        return super().metrics(scored) | ({"macro_f1": sum(f1.values()) / len(f1)} if f1 else {})

    def bounds(self, thresholds: Validation) -> tuple[Bound, ...]:
        none = "no sample has a label, and none was given"
        macro = Bound("macro_f1_floor", thresholds.macro_f1_floor, "macro_f1", absent=none)
        return (*super().bounds(thresholds), macro)


def f1_by_class(scored: Sequence[Scored]) -> dict[int, float]:
    """F1 of each class that is true or given of any sample: 2 TP / (2 TP + FP + FN), 0 to 1."""
    both, either = Counter[int](), Counter[int]()
    for one in scored:
        true, given = _classes(one.truth), _classes(one.predicted)
        both.update(true & given)
        either.update([*true, *given])
    return {label: 2 * both[label] / count for label, count in sorted(either.items())}


def _classes(value: JsonValue) -> set[int]:
    return {one for one in value if isinstance(one, int)} if isinstance(value, list) else set()
