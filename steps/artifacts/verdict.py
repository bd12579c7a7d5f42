"""verdict.json: what validation found, and whether it may be deployed."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import JsonValue

from steps.artifacts.artifact import Artifact, Part

Status = Literal["BLESSED", "NOT_BLESSED", "UNDECIDED"]
Outcome = Literal["fail", "undecided", "not_reached", "pass", "skip"]
STANDS_IN_THE_WAY: tuple[Outcome, ...] = ("fail", "undecided", "not_reached")
"""Outcomes that people are shown first, the cause before what follows from it."""

UNITS = {"cold_start": " s", "latency_p50": " ms", "latency_p99": " ms"}
"""Of what a check measures, by its name; the others count, or say it in words."""


class Check(Part):
    """One thing that a candidate had to prove."""

    name: str
    outcome: Outcome
    """skip: it doesn't apply, for the reason in ``detail``; undecided: there was too little to decide by; not_reached:
    another check failed first, and this one needs what that one would have proven."""
    measured: float | str | None
    threshold: float | str | None
    detail: str = ""

    @property
    def measured_text(self) -> str:
        return self._text(self.measured)

    @property
    def threshold_text(self) -> str:
        return self._text(self.threshold)

    def _text(self, value: float | str | None) -> str:
        return "" if value is None else f"{value:g}{UNITS.get(self.name, '')}" if isinstance(value, float) else value

    def __str__(self) -> str:
        required = f" (required: {self.threshold_text})" if self.threshold_text else ""
        facts = f"{self.name} {self.measured_text or 'not measured'}{required}"
        return f"{facts}: {self.detail}" if self.detail else facts


class Answer(Part):
    """What the candidate said about one validation sample; the live service must say the same.

    Truth and answer are what the task makes of them: a class, a list of classes, a number, a list of numbers, or the
    outputs by name. In a file of an earlier version they are class indices.
    """

    file: str
    """File of the validation data; of JSON lines, ``FILE.jsonl:LINE``."""
    label: JsonValue
    """What the validation data says."""
    predicted: JsonValue
    """What the candidate said."""
    probability: float | None = None
    """Of a classification the greatest, of a binary task that of the second class; None: there is none, or it wasn't
    kept yet."""
    right: bool | None = None
    """Whether the task takes the answer for right; None: a number has no right or wrong, or a file of an earlier
    version, where ``label`` and ``predicted`` say it."""

    @property
    def is_right(self) -> bool:
        return self.predicted == self.label if self.right is None else self.right


class Production(Part):
    """The model version that the service ran when the candidate was measured, and how it did on the same samples."""

    model: str
    """``name:version``."""
    metrics: dict[str, float]
    """Empty when it is the candidate itself, or couldn't be measured."""
    detail: str = ""
    """Why it wasn't measured."""


class Verdict(Artifact):
    """What validation found, and whether it may be deployed."""

    file_name: ClassVar[str] = "verdict.json"
    step: ClassVar[str] = "validate_model"

    status: Status
    model_name: str
    model_version: int
    content_hash: str
    version_hash: str | None = None
    """Of all files of the version that was measured, the contract and the frozen graph included; None in a file of an
    earlier version."""
    environment: str
    """Azure ML environment that the candidate was measured in."""
    precision: str
    """Arithmetic that it was measured in, and is to be served in."""
    refused: tuple[Check, ...] = ()
    """What kept ``auto`` from a faster precision."""
    checks: tuple[Check, ...]
    metrics: dict[str, float]
    production: Production | None = None
    """None: there was no service to compare with."""
    answers: tuple[Answer, ...]
    run_id: str

    def decides(self) -> Mapping[str, object]:
        """All but numbers that no two measurements share; of the checks, whether a reason can overrule them."""
        measured = {"refused", "checks", "metrics", "production", "answers"}
        return {
            **self.model_dump(exclude=measured),
            "can_be_forced": self.can_be_forced,
            "production": self.production and self.production.model,
            "answers": [answer.model_dump(exclude={"probability"}) for answer in self.answers],
        }

    @property
    def failing(self) -> tuple[Check, ...]:
        """The checks that stand in the way of BLESSED by themselves."""
        return tuple(check for check in self.checks if check.outcome in ("fail", "undecided"))

    @property
    def can_be_forced(self) -> bool:
        """Whether a reason can make up for the verdict: not where nothing answered, or the files weren't whole."""
        return all(check.outcome != "not_reached" for check in self.checks)

    @property
    def causes_first(self) -> tuple[Check, ...]:
        """All checks: what failed, what is undecided, what wasn't reached for that, and the others in their order."""
        rank = {outcome: place for place, outcome in enumerate(STANDS_IN_THE_WAY)}
        return tuple(sorted(self.checks, key=lambda check: rank.get(check.outcome, len(rank))))
