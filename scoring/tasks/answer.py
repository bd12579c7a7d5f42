"""What the service answers: about one row, an image or a row of tensors, and about the rows of a request of JSON."""

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import orjson

Array = npt.NDArray[Any]
Form = Literal["instances", "inputs"]
"""Of a request of JSON: rows or columns (tensorflow.org/tfx/serving/api_rest)."""


class Answer(ABC):
    """One row's result; scoring/tasks/ has a kind for each task. Its JSON may hold NumPy arrays and scalars."""

    @property
    @abstractmethod
    def document(self) -> Mapping[str, Any]:
        """The body of a 200 for a request that is one row."""

    @property
    @abstractmethod
    def numbers(self) -> Array:
        """All that was computed [n], in the order of the outputs: what another model's answer is compared with."""

    @property
    @abstractmethod
    def noted(self) -> Mapping[str, Any]:
        """What a sample of the request keeps of it: a few plain values."""

    @property
    def is_finite(self) -> bool:
        """Whether every number is one."""
        return bool(np.isfinite(self.numbers).all())

    @property
    def prediction(self) -> Any:
        """The row's place in a list of predictions."""
        return self.document

    @classmethod
    def columns(cls, answers: Sequence["Answer"]) -> Any:
        """The rows of one request, for one that came in columns."""
        return [answer.prediction for answer in answers]

    def to_json(self) -> bytes:
        """The body of a 200. TypeError for what JSON has no form for."""
        return orjson.dumps(self.document, option=orjson.OPT_SERIALIZE_NUMPY)  # with the digits that each type needs


@dataclass(frozen=True)
class Answers(Answer):
    """The result of a request of JSON: one answer a row, in the form in which the rows came."""

    rows: Sequence[Answer]
    form: Form

    @property
    def document(self) -> Mapping[str, Any]:
        if self.form == "instances":
            return {"predictions": [row.prediction for row in self.rows]}
        return {"outputs": type(self.rows[0]).columns(self.rows)}

    @property
    def numbers(self) -> Array:
        return np.concatenate([row.numbers for row in self.rows])

    @property
    def is_finite(self) -> bool:
        return all(row.is_finite for row in self.rows)

    @property
    def noted(self) -> Mapping[str, Any]:
        """Of one row, which stands for the others."""
        row = random.randrange(len(self.rows))  # noqa: S311 -- a choice, not a secret
        return {"row": row, "rows": len(self.rows), **self.rows[row].noted}
