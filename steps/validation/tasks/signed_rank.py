"""Is the candidate worse than production? The test for paired errors that are numbers.

Both models answer the same samples, so each sample gives a difference: the candidate's absolute error less
production's. If neither is better, a difference is as likely to be positive as negative, whatever its size. Wilcoxon's
signed-rank test (F. Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1, 1945), one-sided,
weighs the signs by the ranks of the sizes, so that a few huge errors don't decide alone, and assumes no distribution
of the errors. It is exact up to 50 samples without ties, and a normal approximation else, as scipy.stats.wilcoxon
chooses.

Ties: differences below a millionth of production's mean error, which rounding explains, are left out, as Wilcoxon
does with zeros. Without any difference left the candidate is not worse. Nor is it where its mean absolute error isn't
the greater one: the mean is what ``validation.mae_ceiling`` judges, and the two must not contradict each other. Samples
that one of the two didn't answer are left out; of the candidate's, the check ``errors`` allows none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ROUNDING = 1e-6
"""Share of production's mean error."""


@dataclass(frozen=True)
class PairedErrors:
    """Mean absolute errors of the two models on the samples that both answered, and what the test says of them."""

    samples: int
    candidate: float
    production: float
    p_value: float
    """The chance of a loss of these ranks, or a greater one, between equally good models; 0 to 1."""

    def is_worse(self, significance: float) -> bool:
        """Whether chance doesn't explain the loss: ``p_value`` is ``significance`` or less, or not a number."""
        return self.candidate > self.production and not self.p_value > significance

    def __str__(self) -> str:
        return f"mean absolute error {self.candidate:.4g}, production {self.production:.4g} on {self.samples} samples"


def compare_errors(candidate: Sequence[float], production: Sequence[float]) -> PairedErrors:
    """Compare absolute errors in the same order of samples; NaN for one that wasn't answered."""
    new, old = np.asarray(candidate, np.float64), np.asarray(production, np.float64)
    both = np.isfinite(new) & np.isfinite(old)
    new, old = new[both], old[both]
    if not new.size:
        return PairedErrors(0, np.nan, np.nan, 1.0)
    differences = new - old
    differences = differences[np.abs(differences) > ROUNDING * old.mean()]
    p_value = _p_value(differences) if differences.size else 1.0
    return PairedErrors(len(new), float(new.mean()), float(old.mean()), p_value)


def _p_value(differences: npt.NDArray[np.float64]) -> float:
    from scipy.stats import wilcoxon  # type: ignore[import-untyped]  # slow

    return float(wilcoxon(differences, alternative="greater").pvalue)
