"""The samples that a candidate answered worst: a few, each with its truth, its answers, and what was asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from math import isfinite
from pathlib import Path

from steps.artifacts.verdict import Answer
from steps.validation.evidence import Evidence
from steps.validation.measured import Measured
from steps.validation.report.asked import Asked, read_asked
from steps.validation.report.wording import Wording, shortened
from steps.validation.tasks.task import Scored, vector

MOST = 24
TITLES = {"regression": "Greatest errors", "tensors": "Samples out of tolerance"}
MISCLASSIFIED = "Misclassified samples"
ORDERS = {
    "tensors": "those that differ most",
    "multilabel": "those with most classes missed or given wrongly",
}
SUREST = "those that the model was surest of"


@dataclass(frozen=True)
class Shown:
    """One sample for people."""

    name: str
    facts: Mapping[str, str]
    """Truth, answer, what tells how wrong it is, and production's answer, by what they are."""
    asked: Asked


@dataclass(frozen=True)
class Worst:
    """Those that are shown, the worst first."""

    title: str
    told: str
    """How many there are, and which of them are shown."""
    samples: Sequence[Shown]

    @property
    def pictured(self) -> bool:
        """Whether they are images."""
        return any(one.asked.picture for one in self.samples)


Pair = tuple[Scored, Scored | None]
"""What the candidate and production answered about a sample; None: production wasn't asked, or never started."""


def worst(evidence: Evidence, wording: Wording, folder: Path) -> Worst:
    """Of all that were answered wrongly, up to ``MOST``; what they asked is read from ``folder``."""
    task, scored = evidence.task, evidence.candidate.scored
    pairs = [pair for pair in _pairs(evidence) if task.fault(pair[0])]
    chosen = nsmallest(MOST, pairs, key=lambda pair: (not _lost(pair), -task.fault(pair[0])))
    asked = read_asked(folder, [one.name for one, _ in chosen])
    said = [Shown(one.name, _facts(evidence, wording, (one, other)), asked[one.name]) for one, other in chosen]
    title = TITLES.get(wording.kind, MISCLASSIFIED)
    return Worst(title, _told(len(pairs), len(scored), any(map(_lost, chosen)), wording), said)


def _pairs(evidence: Evidence) -> list[Pair]:
    """Both were asked about the same samples, in the same order."""
    scored, production = evidence.candidate.scored, evidence.production.scored if evidence.production else ()
    if len(production) != len(scored):
        return [(one, None) for one in scored]
    return [*zip(scored, production, strict=True)]


def _lost(pair: Pair) -> bool:
    """Whether production was right about what the candidate was wrong about."""
    one, other = pair
    return bool(other and other.right and not one.right)


def _told(wrong: int, samples: int, any_lost: bool, wording: Wording) -> str:
    if wrong <= 1:
        return f"{wrong or 'None'} of {samples:,} samples."
    if wording.kind == "regression":
        return f"Those {min(wrong, MOST)} of {samples:,} samples whose error is the greatest."
    orders = [*(["those that production answered rightly"] if any_lost else []), ORDERS.get(wording.kind, SUREST)]
    some = f", {MOST} of them shown" if wrong > MOST else ""
    return f"{wrong:,} of {samples:,} samples{some}: first {', then '.join(orders)}."


def _facts(evidence: Evidence, wording: Wording, pair: Pair) -> dict[str, str]:
    one, other = pair
    facts = {"true": wording.of(one.truth), "answered": _answered(evidence.candidate, wording, one)}
    facts |= _degree(evidence, wording, one)
    if other is not None and evidence.production:
        facts["production"] = _answered(evidence.production, wording, other)
    return facts


def _answered(measured: Measured, wording: Wording, one: Scored) -> str:
    if one.answered:
        return wording.of(one.predicted, one.probabilities)
    said = next((error for error in measured.errors if error.startswith(f"{one.name}: ")), "")
    return shortened(said.removeprefix(f"{one.name}: ")) or wording.of(None)


def _degree(evidence: Evidence, wording: Wording, one: Scored) -> dict[str, str]:
    """How wrong it is, or how sure the model was, in the terms of the task; empty where that was said already."""
    if wording.kind == "multilabel":
        return {}
    if wording.kind == "regression":
        return {"error": _error(wording, one.kept)}
    if wording.kind == "tensors":
        fault = evidence.task.fault(one)
        return {"differs by": f"{fault:.3g}" if isfinite(fault) else "shape or text"}
    return {"probability": "" if one.probability is None else f"{_of_answer(wording, one):.3f}"}


def _of_answer(wording: Wording, one: Scored) -> float:
    """The probability of the class that was given: of a binary task, what is kept is that of the second."""
    probability = one.probability or 0.0
    return 1 - probability if wording.kind == "binary" and one.predicted == 0 else probability


def _error(wording: Wording, answer: Answer) -> str:
    truth, predicted = vector(answer.label), vector(answer.predicted)
    if truth is None or predicted is None or truth.shape != predicted.shape:
        return ""
    return shortened(wording.number((predicted - truth).tolist(), "+"))
