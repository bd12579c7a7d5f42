"""Is the candidate worse than production? The exact test for paired answers that are right or wrong.

Both models answer the same samples, so only those that one of them got right and the other wrong tell them apart. If
neither is better, each such sample is as likely to speak for one as for the other: of n of them, the number that speak
against the candidate is binomial with p = 1/2. The p-value is the chance of as many as were seen, or more. That is the
exact form of McNemar's test (Q. McNemar, "Note on the sampling error of the difference between correlated proportions
or percentages", Psychometrika 12, 1947), one-sided; T. Dietterich ("Approximate statistical tests for comparing
supervised classification learning algorithms", Neural Computation 10, 1998) recommends McNemar's for models that are
trained once, for it seldom sees a difference where there is none.

Ties: as many samples for the candidate as against it, or none at all, is not worse, however few they are. A loss that
chance explains is let through: many small ones in a row are what ``validation.accuracy_floor`` is for.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class PairedRights:
    """On how many samples the two models differ in being right."""

    samples: int
    better: int
    """Samples that the candidate got right and production wrong."""
    worse: int
    """Samples that the candidate got wrong and production right."""

    @property
    def p_value(self) -> float:
        """The chance of at least this many ``worse`` among the differing samples of equally good models; 0 to 1."""
        differing = self.better + self.worse
        if not differing:
            return 1.0
        from scipy.stats import binomtest  # type: ignore[import-untyped]  # slow

        return float(binomtest(self.worse, differing, 0.5, "greater").pvalue)

    def is_worse(self, significance: float) -> bool:
        """Whether chance doesn't explain the loss: ``p_value`` is ``significance`` or less, or not a number."""
        return self.worse > self.better and not self.p_value > significance

    def __str__(self) -> str:
        return f"{self.better} samples better, {self.worse} worse of {self.samples}"


def compare_rights(candidate: Sequence[bool], production: Sequence[bool]) -> PairedRights:
    """Compare whether each sample was answered rightly, in the same order of samples; an unanswered one is False."""
    pairs = list(zip(candidate, production, strict=True))
    return PairedRights(
        samples=len(pairs),
        better=sum(new and not old for new, old in pairs),
        worse=sum(old and not new for new, old in pairs),
    )
