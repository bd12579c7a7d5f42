"""Yes or no: accuracy at the threshold, and the area under the ROC curve, which knows no threshold.

Accuracy is held against ``validation.accuracy_floor`` and compared with production's by McNemar's exact test. The area
is told, not judged: the chance that a sample of the second class gets a greater probability than one of the first, ties
counting half, which is the Mann-Whitney statistic (J. Hanley and B. McNeil, "The meaning and use of the area under a
receiver operating characteristic (ROC) curve", Radiology 143, 1982).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from pydantic import JsonValue

from config.settings import Validation
from scoring.contract import Contract
from steps.validation.tasks.task import Numbers, Scored, Task, member, vector, whole


@dataclass(frozen=True)
class Binary(Task):
    """``{"class": 0 or 1, "probability": of the second class}``."""

    @classmethod
    def of(cls, _: Contract, __: Validation) -> "Binary":
        return cls()

    def predicted(self, answer: JsonValue, truth: JsonValue) -> JsonValue:
        number = whole(member(answer, "class"))
        return number if number in (0, 1) else None

    def numbers(self, answer: JsonValue) -> Numbers:
        probability = vector(member(answer, "probability"))
        return {"probability": np.atleast_1d(probability)} if probability is not None else {}

    def score(self, name: str, truth: JsonValue, answer: JsonValue) -> Scored:
        predicted, numbers = self.predicted(answer, truth), self.numbers(answer)
        probability = round(float(numbers["probability"][0]), 6) if numbers else None
        return Scored(name, truth, predicted, predicted is not None and predicted == truth, probability)

    def fault(self, one: Scored) -> float:
        sure = 0.0 if one.probability is None else abs(one.probability - 0.5)
        return super().fault(replace(one, probability=sure))

    def metrics(self, scored: Sequence[Scored]) -> dict[str, float]:
        area = roc_auc(scored)
        return super().metrics(scored) | ({} if area is None else {"roc_auc": area})


def roc_auc(scored: Sequence[Scored]) -> float | None:
    """0 to 1, by the answered samples; None where one of the classes has none."""
    known = [(one.truth, one.probability) for one in scored if one.probability is not None]
    first, second = ([probability for truth, probability in known if truth == label] for label in (0, 1))
    if not first or not second:
        return None
    from scipy.stats import mannwhitneyu  # type: ignore[import-untyped]  # slow

    return float(mannwhitneyu(second, first).statistic) / (len(first) * len(second))
