"""Does the service, on its optimised graph and perhaps in 16-bit arithmetic, answer as the original SavedModel does?

Probabilities are compared as they are. Other numbers have any unit, so their differences count as shares of the
greatest absolute value that the original gave for that output over all samples compared.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue

from config.errors import ModelError
from scoring.contract import Contract
from steps.querying.client import answer_of
from steps.validation.tasks.closeness import difference, greatest
from steps.validation.tasks.task import Task

Vectors = Sequence[npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Parity:
    """How far the service's answers are from the original's, on the same samples."""

    samples: int
    agreement: float | None
    """Share of samples whose class or labels are the same, 0 to 1; None where there are numbers alone."""

    difference: float
    """Largest difference of any number; infinite where one isn't finite, or the answers are of different lengths."""

    def __str__(self) -> str:
        differ = f"differ by {self.difference:.2g}"
        return differ if self.agreement is None else f"{self.agreement:.4f} agree, {differ}"


def compare(original: Vectors, served: Vectors) -> Parity:
    """Compare vectors [classes] of probabilities, image by image. ModelError when their lengths differ."""
    lengths = {len(vector) for vector in (*original, *served)}
    if len(lengths) != 1:
        raise ModelError(f"the service and the original SavedModel give vectors of different lengths: {lengths}")
    first, second = np.stack(original), np.stack(served)
    agreement = float((first.argmax(axis=1) == second.argmax(axis=1)).mean())
    apart = np.abs(first - second)
    return Parity(len(first), agreement, float(apart.max()) if np.isfinite(apart).all() else float("inf"))


def compare_answers(task: Task, original: Sequence[JsonValue], served: Sequence[JsonValue]) -> Parity:
    """Compare answers of a task, sample by sample, in the same order."""
    first, second = [task.numbers(answer) for answer in original], [task.numbers(answer) for answer in served]
    scales = greatest(first) if task.relative else {}
    apart = [difference(one, other, scales, task.partial) for one, other in zip(first, second, strict=True)]
    decided = [(task.decided(one), task.decided(other)) for one, other in zip(original, served, strict=True)]
    alone = all(one is None and other is None for one, other in decided)
    agreement = None if alone else sum(one == other for one, other in decided) / len(decided)
    return Parity(len(apart), agreement, max(apart, default=0.0))


def original_answers(saved_model: Path, contract: Contract | None, bodies: Sequence[bytes]) -> list[JsonValue]:
    """What the SavedModel itself answers to ``bodies``, in float32 and without any of scoring's optimisations.

    The answers are those that the service would send; there is at least one body. ModelError when the model can't
    score them.
    """
    import scoring.model.lean_tensorflow  # noqa: F401  # before anything imports TensorFlow
    from scoring.errors import ScoringError
    from scoring.scorer import Scorer

    try:
        scorer = Scorer(saved_model, contract, probe=bodies[0], frozen=False)
        return [answer_of(json.loads(answer.to_json())) for answer in scorer.predict(bodies)]
    except ScoringError as error:
        raise ModelError(f"the original SavedModel can't score the validation samples: {error}") from error
