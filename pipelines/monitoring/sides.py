"""The two sides of a comparison, taken from samples of requests and from a release's validation."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipelines.monitoring.drift import Group, Label
from pipelines.monitoring.period import Period
from pipelines.monitoring.request_samples import MOST_NOTED, Noted, Sample, joined
from steps.artifacts.verdict import Answer, Verdict


@dataclass(frozen=True)
class Side:
    """One side: the answers, and what is said about where they come from."""

    group: Group
    facts: dict[str, Any]


def of_period(samples: Sequence[Sample], period: Period) -> Side:
    """The samples of a period, classes as they were answered."""
    chosen = [sample for sample in samples if sample.time in period]
    return Side(_group([sample.noted for sample in chosen]), _facts(chosen))


def of_model(samples: Sequence[Sample], period: Period, model: str, baseline: Group) -> Side:
    """The samples of a period that ``model`` answered, classes as its validation, ``baseline``, counts them."""
    within = [sample for sample in samples if sample.time in period]
    chosen = [sample for sample in within if sample.model == model]
    group = _group([sample.noted for sample in chosen])
    if not any(isinstance(label, str) for label in baseline.labels):
        group = replace(group, labels=[index for sample in chosen if (index := sample.class_index) is not None])
    return Side(group, _facts(chosen) | {"of_other_versions": len(within) - len(chosen)})


def of_validation(verdict: Verdict) -> Side:
    """What the released version answered to its validation samples."""
    answers = verdict.answers
    model = f"{verdict.model_name}:{verdict.model_version}"
    facts = {"samples": len(answers), "validation_of": model, "run": verdict.run_id}
    return Side(_group([_as_noted(one) for one in answers]), facts)


def _group(noted: Sequence[Noted]) -> Group:
    labels: list[Label] = [one.label for one in noted if one.label is not None]
    values = [one.values for one in noted if one.values]
    confidences = [one.probability for one in noted if one.probability is not None]
    several = any(one.several for one in noted)
    return Group(labels, None if several else confidences, values, outputs=bool(noted) and not labels and not values)


def _as_noted(answer: Answer) -> Noted:
    """What the service would note of an answer that validation kept."""
    said = answer.predicted
    if isinstance(said, dict):
        return Noted(None)
    if isinstance(said, float):
        return Noted(None, values=(said,))
    if isinstance(said, list):
        values = tuple(one for one in said if isinstance(one, float))
        return Noted(None, values=values[:MOST_NOTED]) if values else Noted(joined(said), several=True)
    return Noted(said if isinstance(said, int) else str(said), probability=answer.probability)


def _facts(samples: Sequence[Sample]) -> dict[str, Any]:
    times = [sample.time for sample in samples]
    return {
        "samples": len(samples),
        "first": min(times).isoformat() if times else None,
        "last": max(times).isoformat() if times else None,
        "distinct_images": len({sample.sha256 for sample in samples}),
        "models": dict(Counter(sample.model for sample in samples)),
    }
