"""Numbers: mean absolute error and root mean squared error, in the unit of the values.

Of several values a sample, all count alike. The two are held against ``validation.mae_ceiling`` and
``validation.rmse_ceiling``: C. Willmott and K. Matsuura ("Advantages of the mean absolute error (MAE) over the root
mean square error (RMSE) in assessing average model performance", Climate Research 30, 2005) tell why the first is the
plain average, and T. Chai and R. Draxler ("Root mean square error (RMSE) or mean absolute error (MAE)?", Geoscientific
Model Development 7, 2014) when the second, which large errors dominate, is the better one. Compared with production by
Wilcoxon's signed-rank test on the samples' absolute errors (steps.validation.tasks.signed_rank).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from pydantic import JsonValue

from config.settings import Validation
from scoring.contract import Contract
from steps.artifacts.verdict import Answer
from steps.validation.tasks.closeness import close, greatest
from steps.validation.tasks.signed_rank import compare_errors
from steps.validation.tasks.task import Bound, Comparison, Numbers, Scored, Task, Vector, member, vector

OUTPUT = "values"


@dataclass(frozen=True)
class Regression(Task):
    """``{"value": x}`` or ``{"values": […]}``."""

    lengths: ClassVar[str] = "values"
    fixed: ClassVar[bool] = True
    relative: ClassVar[bool] = True
    tolerance: float = 0.05
    """Share of the greatest absolute value that the live service's answers may differ from validation's."""

    @classmethod
    def of(cls, _: Contract, thresholds: Validation) -> "Regression":
        return cls(thresholds.parity_difference)

    def predicted(self, answer: JsonValue, truth: JsonValue) -> JsonValue:
        values = _values(answer)
        if values is None:
            return None
        return float(values[0]) if len(values) == 1 else [*values.tolist()]

    def numbers(self, answer: JsonValue) -> Numbers:
        values = _values(answer)
        return {} if values is None else {OUTPUT: values}

    def decided(self, answer: JsonValue) -> JsonValue:
        return None

    def length_of_truth(self, truth: JsonValue) -> int:
        return len(truth) if isinstance(truth, list) else 1

    def score(self, name: str, truth: JsonValue, answer: JsonValue) -> Scored:
        values = _values(answer)
        return Scored(name, truth, self.predicted(answer, truth), None, length=None if values is None else len(values))

    def fault(self, one: Scored) -> float:
        """The mean absolute error of its values."""
        error = _absolute(one)
        return float("inf") if np.isnan(error) else error

    def metrics(self, scored: Sequence[Scored]) -> dict[str, float]:
        errors = [error for one in scored if (error := _error(one)) is not None]
        if not errors:
            return {}
        absolute = float(np.mean([np.abs(error).mean() for error in errors]))
        return {"mae": absolute, "rmse": float(np.sqrt(np.mean([np.square(error).mean() for error in errors])))}

    def bounds(self, thresholds: Validation) -> tuple[Bound, ...]:
        none = "no answer has as many values as its truth"
        return (
            Bound("mae_ceiling", thresholds.mae_ceiling, "mae", floor=False, absent=none),
            Bound("rmse_ceiling", thresholds.rmse_ceiling, "rmse", floor=False, absent=none),
        )

    def compare(self, candidate: Sequence[Scored], production: Sequence[Scored]) -> Comparison:
        return compare_errors([_absolute(one) for one in candidate], [_absolute(one) for one in production])

    def repeats(self, kept: Answer, answer: JsonValue, scales: Mapping[str, float]) -> bool:
        return close(_kept(kept), self.numbers(answer), scales, self.tolerance)

    def scales(self, kept: Sequence[Answer]) -> Mapping[str, float]:
        return greatest([_kept(one) for one in kept])


def _kept(answer: Answer) -> Numbers:
    values = vector(answer.predicted)
    return {} if values is None else {OUTPUT: np.atleast_1d(values)}


def _values(answer: JsonValue) -> Vector | None:
    """The values [n] of an answer."""
    single = vector(member(answer, "value"))
    values = vector(member(answer, "values")) if single is None else np.atleast_1d(single)
    return values if values is not None and values.ndim == 1 and values.size else None


def _error(one: Scored) -> Vector | None:
    """Predicted less true, a value each; None without an answer of the truth's length."""
    predicted, truth = vector(one.predicted), vector(one.truth)
    if predicted is None or truth is None or predicted.shape != truth.shape:
        return None
    return np.atleast_1d(predicted - truth)


def _absolute(one: Scored) -> float:
    error = _error(one)
    return float("nan") if error is None else float(np.abs(error).mean())
