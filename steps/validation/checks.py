"""Turns what validation measured into named checks and one status. Pure: no clock, no network, no files.

A check whose value is missing fails: nothing is blessed for lack of evidence. Without an accuracy floor, or with too
few images to judge by, the status is UNDECIDED, never BLESSED. A check that doesn't apply is skipped, with its reason.
"""

from dataclasses import dataclass

from config.settings import Validation
from steps.artifacts.verdict import Check, Outcome, Status
from steps.validation.comparison import compare_answers
from steps.validation.measurement import Measured

NO_BUDGET = "no budget is set"


@dataclass(frozen=True)
class Evidence:
    """All that a candidate is judged by."""

    signature: str
    intact: bool
    """The downloaded files have the content hash that was registered."""
    candidate: Measured
    production: Measured | None
    """The version that the service runs, on the same images; None when there is nothing to compare with."""
    no_production: str = ""
    """Why there is nothing to compare with."""
    production_lost: bool = False
    """The service runs something that could not be measured: no comparison is no reason to bless."""


def judge(evidence: Evidence, thresholds: Validation) -> tuple[Status, tuple[Check, ...]]:
    """Every check with its threshold and measured value, and the status that they add up to."""
    measured = evidence.candidate
    checks = (
        _signature(evidence),
        _cold_start(evidence, thresholds),
        _errors(measured),
        _gpu_used(measured, thresholds.require_gpu),
        _output_shape(evidence),
        _accuracy_floor(measured, thresholds),
        _not_worse(evidence, thresholds),
        parity_check(measured, thresholds),
        _robustness(measured),
        _latency("latency_p50", evidence, 50, thresholds.latency_p50_ms, thresholds.latency_p50_ratio),
        _latency("latency_p99", evidence, 99, thresholds.latency_p99_ms, thresholds.latency_p99_ratio),
    )
    return _status(checks), checks


def _status(checks: tuple[Check, ...]) -> Status:
    outcomes = {check.outcome for check in checks}
    if "fail" in outcomes:
        return "NOT_BLESSED"
    return "UNDECIDED" if "undecided" in outcomes else "BLESSED"


def _outcome(passed: bool) -> Outcome:
    return "pass" if passed else "fail"


def _signature(evidence: Evidence) -> Check:
    return Check(
        name="signature",
        outcome=_outcome(evidence.intact),
        measured=evidence.signature,
        threshold="as registered",
        detail="" if evidence.intact else "the downloaded files aren't those that were registered",
    )


def _cold_start(evidence: Evidence, thresholds: Validation) -> Check:
    """Within its seconds, and within its ratio to production where one is set and production started."""
    seconds, production = evidence.candidate.startup_seconds, evidence.production
    before = production.startup_seconds if production else None
    limits = [thresholds.startup_seconds]
    if before is not None and thresholds.startup_ratio is not None:
        limits.append(before * thresholds.startup_ratio)
    detail = evidence.candidate.startup_error or ("" if before is None else f"production {before:.3g} s")
    return Check(
        name="cold_start",
        outcome=_outcome(seconds is not None and seconds <= min(limits)),
        measured=None if seconds is None else round(seconds, 2),
        threshold=round(min(limits), 2),
        detail=detail,
    )


def _errors(measured: Measured) -> Check:
    count = len(measured.errors)
    if not measured.samples:
        return Check(name="errors", outcome="fail", measured=None, threshold=0, detail="no image was scored")
    detail = measured.errors[0] if measured.errors else ""
    return Check(name="errors", outcome=_outcome(count == 0), measured=count, threshold=0, detail=detail)


def _gpu_used(measured: Measured, required: bool) -> Check:
    devices = ", ".join(sorted(measured.devices)) or None
    if not required:
        detail = "validation.require_gpu is off"
        return Check(name="gpu_used", outcome="skip", measured=devices, threshold="any device", detail=detail)
    on_gpu = bool(measured.devices) and all(device.startswith("GPU") for device in measured.devices)
    return Check(name="gpu_used", outcome=_outcome(on_gpu), measured=devices, threshold="GPU")


def _output_shape(evidence: Evidence) -> Check:
    """Every answer has as many probabilities, there is one for every label, and as many as production gives."""
    measured, production = evidence.candidate, evidence.production
    labels = max((answer.label for answer in measured.answers), default=0) + 1
    before = production.classes if production else frozenset()
    enough = min(measured.classes, default=0) >= labels
    as_before = before and (enough or not measured.classes)
    expected = f"{_lengths(before)} classes, as production" if as_before else f"{labels} classes or more"
    fits = len(measured.classes) == 1 and enough
    shown = f"{_lengths(measured.classes)} classes" if measured.classes else None
    same = not before or measured.classes == before
    return Check(name="output_shape", outcome=_outcome(fits and same), measured=shown, threshold=expected)


def _lengths(classes: frozenset[int]) -> str:
    return ", ".join(map(str, sorted(classes)))


def _accuracy_floor(measured: Measured, thresholds: Validation) -> Check:
    floor, accuracy = thresholds.accuracy_floor, measured.accuracy
    shown = None if accuracy is None else round(accuracy, 4)
    outcome: Outcome
    if floor is None:
        outcome, detail = "undecided", "validation.accuracy_floor isn't set: nothing says what is good enough"
    elif accuracy is None:
        outcome, detail = "fail", "no image was scored"
    elif measured.samples < thresholds.minimum_samples:
        outcome, detail = "undecided", _too_few(measured, thresholds)
    else:
        outcome, detail = _outcome(accuracy >= floor), f"{measured.correct} of {measured.samples} images"
    return Check(name="accuracy_floor", outcome=outcome, measured=shown, threshold=floor, detail=detail)


def _too_few(measured: Measured, thresholds: Validation) -> str:
    images = "1 image is" if measured.samples == 1 else f"{measured.samples} images are"
    return f"{images} too few, {thresholds.minimum_samples} are needed"


def _not_worse(evidence: Evidence, thresholds: Validation) -> Check:
    """Production isn't better on the same images: see steps.validation.comparison for the test and for ties."""
    measured, production, significance = evidence.candidate, evidence.production, thresholds.significance
    required = f"p > {significance:g}"
    shown: str | None = None
    outcome: Outcome
    if production is None:
        outcome = "undecided" if evidence.production_lost else "skip"
        detail = evidence.no_production
    elif not measured.samples:
        outcome, detail = "fail", "no image was scored"
    elif measured.samples < thresholds.minimum_samples:
        outcome, detail = "undecided", _too_few(measured, thresholds)
    elif not production.latencies_ms:
        # It serves, but not here: in this run's settings perhaps. That says nothing of the candidate.
        why = production.startup_error or next(iter(production.errors), "no reason is known")
        outcome, detail = "undecided", f"production answered nothing here: {why}"
    else:
        comparison = compare_answers(measured.right, production.right)
        outcome, detail = _outcome(not comparison.is_worse(significance)), str(comparison)
        shown = f"p = {comparison.p_value:.3g}"
    return Check(name="not_worse_than_production", outcome=outcome, measured=shown, threshold=required, detail=detail)


def parity_check(measured: Measured, thresholds: Validation) -> Check:
    """The optimised graph, in the precision that it was served in, answers as the original SavedModel does."""
    parity = measured.parity
    passed = (
        parity is not None
        and measured.precision is not None
        and parity.agreement >= thresholds.parity_agreement
        and parity.difference <= thresholds.parity_difference
    )
    required = f"{thresholds.parity_agreement:g} agree, differ by {thresholds.parity_difference:g} at most"
    precisions = ", ".join(sorted(measured.precisions))
    detail = measured.parity_error or (f"{parity.images} images in {precisions}" if parity else "no image was scored")
    shown = None if parity is None else str(parity)
    return Check(
        name="optimisation_parity", outcome=_outcome(passed), measured=shown, threshold=required, detail=detail
    )


def _robustness(measured: Measured) -> Check:
    found = measured.not_refused
    if found is None:
        return Check(name="robustness", outcome="fail", measured=None, threshold=0, detail="no bad request was sent")
    detail = "; ".join(found) or "bad requests are refused, and harm nothing"
    return Check(name="robustness", outcome=_outcome(not found), measured=len(found), threshold=0, detail=detail)


def _latency(name: str, evidence: Evidence, percent: float, budget: float | None, ratio: float | None) -> Check:
    """Within its milliseconds, and within its ratio to production where there is one that answered."""
    measured = evidence.candidate.latency_ms(percent)
    before = evidence.production.latency_ms(percent) if evidence.production else None
    limits = [] if budget is None else [budget]
    if ratio is not None and before is not None:
        limits.append(round(before * ratio, 2))
    detail = "" if before is None else f"production {before:g} ms"
    if not limits:
        reason = NO_BUDGET if ratio is None else evidence.no_production
        facts = "; ".join(filter(None, [reason, detail]))
        return Check(name=name, outcome="skip", measured=measured, threshold=None, detail=facts)
    passed = measured is not None and measured <= min(limits)
    return Check(name=name, outcome=_outcome(passed), measured=measured, threshold=min(limits), detail=detail)
