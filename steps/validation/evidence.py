"""All that a candidate is judged by, and what a check says of it."""

from dataclasses import dataclass, field

from steps.artifacts.verdict import Check, Outcome
from steps.validation.measured import Measured
from steps.validation.tasks.classification import Classification
from steps.validation.tasks.task import Task


@dataclass(frozen=True)
class Evidence:
    """All that a candidate is judged by."""

    signature: str
    intact: bool
    """The downloaded files have the content hash that was registered."""
    candidate: Measured
    production: Measured | None
    """The version that the service runs, on the same samples; None when there is nothing to compare with."""
    no_production: str = ""
    """Why there is nothing to compare with."""
    production_lost: bool = False
    """The service runs something that could not be measured: no comparison is no reason to bless."""
    task: Task = field(default_factory=Classification)


def outcome_of(passed: bool) -> Outcome:
    return "pass" if passed else "fail"


def not_reached(name: str, premise: str, threshold: float | str | None) -> Check:
    """A check that needs what ``premise`` says there isn't."""
    detail = premise.partition(": ")[0]  # why is told where it failed
    return Check(name=name, outcome="not_reached", measured=None, threshold=threshold, detail=detail)
