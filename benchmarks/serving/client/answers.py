"""Are a service's answers the model's own? What is demanded depends on the arithmetic that they were computed in.

In float32 every answer must be the model's own up to rounding. In 16 bits the best class may flip where two are nearly
tied, so validation's parity check says how good the answers are, and the speed is measured whether it passes or not.
Refused is only what isn't this model's work at all: each answer must name its own most probable class, and at least
half of them must be nearer to the model's own answer for their image than to that for any other image. A constant,
noise or another image's answer isn't. Labels alone wouldn't show it: ResNet-50 with random weights has the same one
for 57 of the 64 images.
"""

from collections.abc import Sequence

import numpy as np

from benchmarks.serving.models import Expected
from config.settings import load_settings
from steps.artifacts.verdict import Check
from steps.validation.checks import parity_check
from steps.validation.measured import Measured
from steps.validation.parity import Parity, Vectors, compare

TOLERANCE = 0.01  # of a probability: batches and single images are summed in different orders
RECOGNISED = 0.5  # share of the samples


def same(answer: Expected, expected: Expected, tolerance: float = TOLERANCE) -> bool:
    """Whether a service's answer is the model's own, up to rounding."""
    apart = np.abs(answer.probabilities - expected.probabilities).max()
    named = answer.label == expected.label and abs(answer.probability - expected.probability) <= tolerance
    return bool(named and apart <= tolerance)


def refusal(answers: Sequence[Expected], expected: Sequence[Expected], precision: str) -> str | None:
    """Why a service that gives these answers isn't measured; None when it is."""
    if precision == "float32":
        if len(answers) != len(expected):
            return f"gave {len(answers)} answers for {len(expected)} samples"
        wrong = sum(not same(*pair) for pair in zip(answers, expected, strict=True))
        return f"gave a wrong answer for {wrong} of {len(answers)} samples" if wrong else None
    mislabelled = sum(not _names_its_best(answer) for answer in answers)
    if mislabelled:
        return f"named another class than its most probable one for {mislabelled} of {len(answers)} samples"
    share = recognised(_vectors(answers), _vectors(expected))
    return None if share >= RECOGNISED else f"gave answers of which only {share:.0%} resemble the model's own"


def _names_its_best(answer: Expected) -> bool:
    best = np.flatnonzero(answer.probabilities == answer.probabilities.max())  # 16 bits have exact ties
    return answer.label in best.tolist()


def recognised(served: Vectors, original: Vectors) -> float:
    """Share of the samples whose served vector is nearer to the original for that image than for any other."""
    apart = np.abs(np.stack(served)[:, np.newaxis] - np.stack(original)).sum(axis=2)
    return float((apart.argmin(axis=1) == np.arange(len(apart))).mean())


def parity(answers: Sequence[Expected], expected: Sequence[Expected]) -> Parity:
    """How far all probabilities are from the model's own."""
    return compare(_vectors(expected), _vectors(answers))


def judge(found: Parity, precision: str) -> Check:
    """Validation's own check, with the thresholds of the local target.

    Those of 0.99 and 64 images allow no class to flip; validation itself takes up to 200 images.
    """
    measured = Measured(startup_seconds=None, precisions=frozenset({precision}), parity=found)
    return parity_check(measured, load_settings("local").validation)


def _vectors(answers: Sequence[Expected]) -> Vectors:
    return [answer.probabilities for answer in answers]
