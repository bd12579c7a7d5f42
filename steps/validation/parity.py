"""Does the service, on its optimised graph and perhaps in 16-bit arithmetic, answer as the original SavedModel does?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from config.errors import ModelError

BATCH = 16  # images
Vectors = Sequence[npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Parity:
    """How far the service's probabilities are from the original's, on the same images."""

    images: int
    agreement: float
    """Share of images whose best class is the same, 0 to 1."""

    difference: float
    """Largest absolute difference of any probability."""

    def __str__(self) -> str:
        return f"{self.agreement:.4f} agree, differ by {self.difference:.2g}"


def compare(original: Vectors, served: Vectors) -> Parity:
    """Compare vectors [classes] of probabilities, image by image. ModelError when their lengths differ."""
    lengths = {len(vector) for vector in (*original, *served)}
    if len(lengths) != 1:
        raise ModelError(f"the service and the original SavedModel give vectors of different lengths: {lengths}")
    first, second = np.stack(original), np.stack(served)
    agreement = float((first.argmax(axis=1) == second.argmax(axis=1)).mean())
    difference = np.abs(first - second)
    return Parity(len(first), agreement, float(difference.max()) if np.isfinite(difference).all() else float("inf"))


def original_probabilities(saved_model: Path, images: Sequence[bytes]) -> Vectors:
    """What the SavedModel itself says of ``images``, in float32 and without any of scoring's optimisations."""
    import scoring.model.lean_tensorflow  # noqa: F401  # before anything imports TensorFlow
    from scoring.errors import ScoringError
    from scoring.scorer import Scorer

    try:
        scorer = Scorer(saved_model, frozen=False)
        batches = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
        return [answer.numbers for batch in batches for answer in scorer.predict(batch)]
    except ScoringError as error:
        raise ModelError(f"the original SavedModel can't score the validation images: {error}") from error
