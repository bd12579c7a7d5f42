"""One class of several: accuracy, and the share whose class is among the likeliest k.

Accuracy is held against ``validation.accuracy_floor`` and compared with production's by McNemar's exact test
(steps.validation.tasks.mcnemar). Top-k accuracy is the measure of the ImageNet challenge (O. Russakovsky et al.,
"ImageNet Large Scale Visual Recognition Challenge", IJCV 115, 2015), for classes that are hard to tell apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import JsonValue

from config.settings import Validation
from scoring.contract import Contract
from steps.validation.tasks.task import Bound, Numbers, Scored, Task, Vector, member, share_right, vector, whole


@dataclass(frozen=True)
class Classification(Task):
    """``{"class": index or the model's own label, "probability": …, "probabilities": […]}``."""

    lengths: ClassVar[str] = "classes"
    top_k: int | None = None
    width: int | None = None
    """How many classes there are at least, where the model has numbers of its own for them; None: the truths tell."""

    @classmethod
    def of(cls, contract: Contract, _: Validation) -> "Classification":
        task = contract.task
        own = task.label_output is not None and task.label_output.dtype != "string" and not task.labels
        return cls(task.top_k, (task.outputs[0].shape[-1] or 1) if own else None)

    def predicted(self, answer: JsonValue, truth: JsonValue) -> JsonValue:
        """The class: its own label where the truth is one, else its number, by the vector where it has none."""
        label = member(answer, "class")
        if isinstance(truth, str):
            return label if isinstance(label, str) else None
        number, row = whole(label), _row(answer)
        return int(row.argmax()) if number is None and row is not None else number

    def numbers(self, answer: JsonValue) -> Numbers:
        row = _row(answer)
        return {} if row is None else {"probabilities": row}

    def decided(self, answer: JsonValue) -> JsonValue:
        """The likeliest class: a label that a model gives besides says nothing of its arithmetic."""
        row = _row(answer)
        return self.predicted(answer, None) if row is None else int(row.argmax())

    def length_of_truth(self, truth: JsonValue) -> int:
        if self.width is not None:
            return self.width
        number = whole(truth)
        return 1 if number is None else number + 1

    def score(self, name: str, truth: JsonValue, answer: JsonValue) -> Scored:
        predicted, row = self.predicted(answer, truth), _row(answer)
        return Scored(
            name,
            truth,
            predicted,
            right=predicted is not None and predicted == truth,
            probability=None if row is None else round(float(row.max()), 6),
            length=None if predicted is None else 0 if row is None else len(row),
            in_top=None if self.top_k is None else self._in_top(row, predicted, truth, self.top_k),
        )

    def _in_top(self, row: Vector | None, predicted: JsonValue, truth: JsonValue, count: int) -> bool:
        # A model whose own number of a class isn't the likeliest one's place doesn't number by place.
        by_place = self.width is None or row is None or predicted == int(row.argmax())
        return predicted == truth or (by_place and _within(row, truth, count))

    def metrics(self, scored: Sequence[Scored]) -> dict[str, float]:
        if not scored:
            return {}
        top = {} if self.top_k is None else {"top_k_accuracy": sum(bool(one.in_top) for one in scored) / len(scored)}
        return {self.share: share_right(scored), **top}

    def bounds(self, thresholds: Validation) -> tuple[Bound, ...]:
        top = Bound("top_k_floor", thresholds.top_k_floor, "top_k_accuracy", absent="is task.top_k set?")
        asked = self.top_k is not None or top.value is not None
        return (*super().bounds(thresholds), *([top] if asked else []))


def _row(answer: JsonValue) -> Vector | None:
    """The vector [classes] of probabilities."""
    row = vector(member(answer, "probabilities"))
    return row if row is not None and row.ndim == 1 and row.size else None


def _within(row: Vector | None, truth: JsonValue, count: int) -> bool:
    """Whether fewer than ``count`` classes are likelier than the true one; of equally likely ones the first counts."""
    index = whole(truth)
    if row is None or index is None or not 0 <= index < len(row):
        return False
    likelier = (row > row[index]).sum() + (row[:index] == row[index]).sum()
    return bool(likelier < count)
