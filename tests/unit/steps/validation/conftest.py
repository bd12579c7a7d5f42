"""Evidence with changes, and what was made of it."""

from dataclasses import replace
from typing import Any

import pytest

from config.settings import Settings, Validation
from steps.artifacts.verdict import Check, Outcome
from steps.validation.evidence import Evidence


@pytest.fixture
def thresholds(settings: Settings) -> Validation:
    return settings.validation


def change(thresholds: Validation, **values: Any) -> Validation:
    return Validation.model_validate(thresholds.model_dump() | values)


def named(checks: tuple[Check, ...]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def by_outcome(checks: tuple[Check, ...], outcome: Outcome) -> list[str]:
    return [check.name for check in checks if check.outcome == outcome]


def with_candidate(evidence: Evidence, **values: Any) -> Evidence:
    return replace(evidence, candidate=replace(evidence.candidate, **values))
