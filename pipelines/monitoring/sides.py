"""The two sides of a comparison, taken from samples of requests and from a release's validation."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.monitoring.drift import Group
from pipelines.monitoring.period import Period
from pipelines.monitoring.request_samples import Sample
from steps.artifacts.verdict import Verdict


@dataclass(frozen=True)
class Side:
    """One side: the answers, and what is said about where they come from."""

    group: Group
    facts: dict[str, Any]


def of_period(samples: Sequence[Sample], period: Period) -> Side:
    """The samples of a period, classes as they were answered."""
    chosen = [sample for sample in samples if sample.time in period]
    labels = [sample.label for sample in chosen]
    return Side(Group(labels, [sample.probability for sample in chosen]), _facts(chosen))


def of_model(samples: Sequence[Sample], period: Period, model: str) -> Side:
    """The samples of a period that ``model`` answered, classes as validation counts them."""
    within = [sample for sample in samples if sample.time in period]
    chosen = [sample for sample in within if sample.model == model]
    group = Group([sample.class_index for sample in chosen], [sample.probability for sample in chosen])
    return Side(group, _facts(chosen) | {"of_other_versions": len(within) - len(chosen)})


def of_validation(verdict: Verdict) -> Side:
    """What the released version answered to its validation images."""
    answers = verdict.answers
    confidences = [one.probability for one in answers if one.probability is not None]
    model = f"{verdict.model_name}:{verdict.model_version}"
    facts = {"samples": len(answers), "validation_of": model, "run": verdict.run_id}
    return Side(Group([one.predicted for one in answers], confidences), facts)


def _facts(samples: Sequence[Sample]) -> dict[str, Any]:
    times = [sample.time for sample in samples]
    return {
        "samples": len(samples),
        "first": min(times).isoformat() if times else None,
        "last": max(times).isoformat() if times else None,
        "distinct_images": len({sample.image_sha256 for sample in samples}),
        "models": dict(Counter(sample.model for sample in samples)),
    }
