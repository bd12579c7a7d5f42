"""Which of several tries is the best, and which are as good."""

from collections.abc import Sequence
from dataclasses import dataclass

from config.settings import Validation
from steps.registration.contract.exploration.results import Try
from steps.registration.contract.exploration.wishes import ALL
from steps.validation.tasks import judge_of
from steps.validation.tasks.task import Scored

SIGNIFICANCE = Validation().significance


@dataclass(frozen=True)
class Candidate:
    """A try, and each sample's answer by it; empty where there are no samples, or none suits."""

    found: Try
    scored: Sequence[Scored] = ()


def ranked(candidates: Sequence[Candidate]) -> tuple[Try, ...]:
    """The best first, of equal ones the first; those that weren't measured only where none was."""
    measured = [one for one in candidates if one.found.measured]
    if not measured:
        return tuple(one.found for one in candidates)
    first, *others = sorted(measured, key=_order)
    return (
        first.found,
        *(one.found.model_copy(update={"as_good": not is_worse(one, first)}) for one in others),
    )


def _order(one: Candidate) -> tuple[bool, int, float]:
    """Values of one kind of task alone can be compared; a kind that gives more than chance does goes first."""
    result, kind = one.found.measured, one.found.contract.task.kind
    if result is None:
        return True, len(ALL), 0.0
    return not result.useful, ALL.index(kind), -result.value if _is_share(one) else result.value


def _is_share(one: Candidate) -> bool:
    return judge_of(one.found.contract, Validation()).bounds(Validation())[0].floor


def is_worse(one: Candidate, best: Candidate) -> bool:
    """Whether chance doesn't explain that it is; what can't be compared is."""
    if one.found.contract.task.kind != best.found.contract.task.kind or _names(one) != _names(best):
        return True
    judge = judge_of(best.found.contract, Validation())
    return judge.compare(one.scored, best.scored).is_worse(SIGNIFICANCE)


def _names(one: Candidate) -> list[str]:
    return [scored.name for scored in one.scored]
