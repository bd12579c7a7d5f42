"""The checks of what was answered: its shape, the task's thresholds, the comparison with production. Pure."""

from config.settings import Validation
from steps.artifacts.verdict import Check, Outcome
from steps.validation.evidence import Evidence, not_reached, outcome_of
from steps.validation.measured import Measured
from steps.validation.tasks.task import Bound, Task


def answer_checks(evidence: Evidence, thresholds: Validation) -> tuple[Check, ...]:
    """All of them, in the order in which one is the other's premise."""
    bounds = evidence.task.bounds(thresholds)
    chosen = [bound for bound in bounds if bound.value is not None] or [*bounds[:1]]
    return (
        _output_shape(evidence),
        *(_bound(evidence, bound, bounds, thresholds) for bound in chosen),
        _not_worse(evidence, thresholds),
    )


def _output_shape(evidence: Evidence) -> Check:
    """All answers are as long, long enough for every truth, and as long as production's."""
    measured, production, task, name = evidence.candidate, evidence.production, evidence.task, "output_shape"
    if not task.lengths:
        detail = "answers of this task have no length of their own"
        return Check(name=name, outcome="skip", measured=None, threshold=None, detail=detail)
    needed = max((task.length_of_truth(one.truth) for one in measured.scored), default=0)
    lengths, before = measured.lengths, production.lengths if production else frozenset()
    enough = min(lengths, default=0) >= needed and (not task.fixed or lengths <= {needed})
    least = _counted(frozenset({needed}), task) + ("" if task.fixed else " or more")
    as_before = before and (enough or not lengths)
    expected = f"{_counted(before, task)}, as production" if as_before else least
    if measured.premise:
        return not_reached(name, measured.premise, expected if before or needed else None)
    fits = len(lengths) == 1 and enough and (not before or lengths == before)
    shown = _counted(lengths, task) if lengths else None
    return Check(name=name, outcome=outcome_of(fits), measured=shown, threshold=expected)


def _counted(lengths: frozenset[int], task: Task) -> str:
    noun = task.lengths.removesuffix("s") if lengths == {1} and task.lengths == "values" else task.lengths
    return f"{', '.join(map(str, sorted(lengths)))} {noun}"


def _bound(evidence: Evidence, bound: Bound, all_bounds: tuple[Bound, ...], thresholds: Validation) -> Check:
    measured = evidence.candidate
    value = evidence.task.metrics(measured.scored).get(bound.metric)
    shown = None if value is None or measured.premise else float(f"{value:.4g}")
    outcome: Outcome = "undecided"
    if bound.value is None:
        detail = f"{_settings(all_bounds)} set: nothing says what is good enough"
    elif measured.premise:
        return not_reached(bound.setting, measured.premise, bound.value)
    elif measured.samples < thresholds.minimum_samples:
        detail = _too_few(measured, thresholds)
    elif value is None:
        detail = f"there is no {bound.metric} of these answers: {bound.absent}"
    else:
        outcome, detail = outcome_of(bound.holds(value)), _samples(evidence, bound)
    return Check(name=bound.setting, outcome=outcome, measured=shown, threshold=bound.value, detail=detail)


def _settings(bounds: tuple[Bound, ...]) -> str:
    names = [f"validation.{bound.setting}" for bound in bounds]
    return f"{names[0]} isn't" if len(names) == 1 else f"neither {' nor '.join(names)} is"


def _samples(evidence: Evidence, bound: Bound) -> str:
    measured = evidence.candidate
    if bound.metric == evidence.task.share:
        return f"{sum(bool(one.right) for one in measured.scored)} of {measured.samples} samples"
    return f"{measured.answered if not bound.floor else measured.samples} samples"


def _too_few(measured: Measured, thresholds: Validation) -> str:
    samples = "1 sample is" if measured.samples == 1 else f"{measured.samples} samples are"
    return f"{samples} too few, {thresholds.minimum_samples} are needed"


def _not_worse(evidence: Evidence, thresholds: Validation) -> Check:
    """Production isn't better on the same samples: see the task for its test and for ties."""
    measured, production, significance = evidence.candidate, evidence.production, thresholds.significance
    name, required = "not_worse_than_production", f"p > {significance:g}"
    shown: str | None = None
    outcome: Outcome
    if production is None:
        outcome = "undecided" if evidence.production_lost else "skip"
        detail = evidence.no_production
    elif measured.premise:
        return not_reached(name, measured.premise, required)
    elif measured.samples < thresholds.minimum_samples:
        outcome, detail = "undecided", _too_few(measured, thresholds)
    elif not production.answered:
        # It serves, but not here: in this run's settings perhaps. That says nothing of the candidate.
        why = production.startup_error or next(iter(production.errors), "no reason is known")
        outcome, detail = "undecided", f"production answered nothing here: {why}"
    else:
        comparison = evidence.task.compare(measured.scored, production.scored)
        outcome, detail = outcome_of(not comparison.is_worse(significance)), str(comparison)
        shown = f"p = {comparison.p_value:.3g}"
    return Check(name=name, outcome=outcome, measured=shown, threshold=required, detail=detail)
