"""Turns what validation measured into named checks and one status. Pure: no clock, no network, no files.

A check whose value is missing fails: nothing is blessed for lack of evidence. One whose premise another check found
wanting isn't reached, so that what failed is the cause. Without a threshold of the task, or with too few samples to
judge by, the status is UNDECIDED, never BLESSED. A check that doesn't apply is skipped, with its reason.
"""

from config.settings import Validation
from steps.artifacts.verdict import Check, Outcome, Status
from steps.validation.evidence import Evidence, not_reached, outcome_of
from steps.validation.measured import Measured
from steps.validation.task_checks import answer_checks

NO_BUDGET = "no budget is set"


def judge(evidence: Evidence, thresholds: Validation) -> tuple[Status, tuple[Check, ...]]:
    """Every check with its threshold and measured value, and the status that they add up to."""
    measured = evidence.candidate
    checks = (
        _signature(evidence),
        _cold_start(evidence, thresholds),
        _errors(evidence),
        _gpu_used(measured, thresholds.require_gpu),
        *answer_checks(evidence, thresholds),
        parity_check(measured, thresholds),
        _robustness(measured),
        _latency("latency_p50", evidence, 50, thresholds.latency_p50_ms, thresholds.latency_p50_ratio),
        _latency("latency_p99", evidence, 99, thresholds.latency_p99_ms, thresholds.latency_p99_ratio),
    )
    return _status(checks), checks


def _status(checks: tuple[Check, ...]) -> Status:
    outcomes = {check.outcome for check in checks}
    if outcomes & {"fail", "not_reached"}:
        return "NOT_BLESSED"
    return "UNDECIDED" if "undecided" in outcomes else "BLESSED"


def _signature(evidence: Evidence) -> Check:
    return Check(
        name="signature",
        outcome=outcome_of(evidence.intact),
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
    if not evidence.intact:
        return not_reached("cold_start", "other files aren't started", round(min(limits), 2))
    detail = evidence.candidate.startup_error or ("" if before is None else f"production {before:.3g} s")
    return Check(
        name="cold_start",
        outcome=outcome_of(seconds is not None and seconds <= min(limits)),
        measured=None if seconds is None else round(seconds, 2),
        threshold=round(min(limits), 2),
        detail=detail,
    )


def _errors(evidence: Evidence) -> Check:
    measured = evidence.candidate
    if measured.startup_seconds is None:
        return not_reached("errors", measured.premise, 0)
    if not measured.samples:
        return Check(name="errors", outcome="fail", measured=None, threshold=0, detail="no sample was sent")
    count, detail = len(measured.errors), measured.errors[0] if measured.errors else ""
    return Check(name="errors", outcome=outcome_of(count == 0), measured=count, threshold=0, detail=detail)


def _gpu_used(measured: Measured, required: bool) -> Check:
    devices = ", ".join(sorted(measured.devices)) or None
    if not required:
        detail = "validation.require_gpu is off"
        return Check(name="gpu_used", outcome="skip", measured=devices, threshold="any device", detail=detail)
    if measured.premise:
        return not_reached("gpu_used", measured.premise, "GPU")
    on_gpu = bool(measured.devices) and all(device.startswith("GPU") for device in measured.devices)
    return Check(name="gpu_used", outcome=outcome_of(on_gpu), measured=devices, threshold="GPU")


def parity_check(measured: Measured, thresholds: Validation) -> Check:
    """The optimised graph, in the precision that it was served in, answers as the original SavedModel does."""
    parity, name = measured.parity, "optimisation_parity"
    agree = "" if parity and parity.agreement is None else f"{thresholds.parity_agreement:g} agree, "
    required = f"{agree}differ by {thresholds.parity_difference:g} at most"
    if parity is None and not measured.parity_error and measured.premise:
        return not_reached(name, measured.premise, required)
    passed = (
        parity is not None
        and measured.precision is not None
        and (parity.agreement is None or parity.agreement >= thresholds.parity_agreement)
        and parity.difference <= thresholds.parity_difference
    )
    precisions = ", ".join(sorted(measured.precisions))
    detail = measured.parity_error or (f"{parity.samples} samples in {precisions}" if parity else "nothing to compare")
    shown = None if parity is None else str(parity)
    return Check(name=name, outcome=outcome_of(passed), measured=shown, threshold=required, detail=detail)


def _robustness(measured: Measured) -> Check:
    found = measured.not_refused
    if measured.startup_seconds is None:
        return not_reached("robustness", measured.premise, 0)
    if found is None:
        return Check(name="robustness", outcome="fail", measured=None, threshold=0, detail="no bad request was sent")
    detail = "; ".join(found) or "bad requests are refused, and harm nothing"
    return Check(name="robustness", outcome=outcome_of(not found), measured=len(found), threshold=0, detail=detail)


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
    if measured is None and evidence.candidate.premise:
        return not_reached(name, evidence.candidate.premise, min(limits))
    outcome: Outcome = outcome_of(measured is not None and measured <= min(limits))
    return Check(name=name, outcome=outcome, measured=measured, threshold=min(limits), detail=detail)
