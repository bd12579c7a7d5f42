"""Checks that can't be decided, or aren't reached."""

from dataclasses import replace
from typing import Any

import pytest

from config.settings import Validation
from steps.validation.checks import judge
from steps.validation.evidence import Evidence
from steps.validation.measured import Measured
from steps.validation.tasks.multilabel import Multilabel
from steps.validation.tasks.task import Scored
from tests.unit.steps.validation.answered import right
from tests.unit.steps.validation.conftest import by_outcome, change, named, with_candidate


def test_production_that_cannot_be_measured_leaves_it_undecided(evidence: Evidence, thresholds: Validation) -> None:
    lost = replace(evidence, production=None, no_production="digits:1 is gone", production_lost=True)

    status, checks = judge(lost, thresholds)

    assert (status, by_outcome(checks, "undecided")) == ("UNDECIDED", ["not_worse_than_production"])


@pytest.mark.parametrize(
    ("values", "undecided", "detail"),
    [
        (
            {"accuracy_floor": None},
            ["accuracy_floor"],
            "validation.accuracy_floor isn't set: nothing says what is good enough",
        ),
        (
            {"minimum_samples": 201},
            ["accuracy_floor", "not_worse_than_production"],
            "200 samples are too few, 201 are needed",
        ),
    ],
)
def test_nothing_to_decide_by_is_undecided(
    evidence: Evidence, thresholds: Validation, values: dict[str, Any], undecided: list[str], detail: str
) -> None:
    status, checks = judge(evidence, change(thresholds, **values))

    assert (status, by_outcome(checks, "undecided")) == ("UNDECIDED", undecided)
    assert {named(checks)[name].detail for name in undecided} == {detail}


def test_labels_that_nobody_has_say_nothing(evidence: Evidence, thresholds: Validation) -> None:
    nobody = tuple(Scored(f"{number}.jpg", [], [], right=True) for number in range(200))
    unlabelled = replace(with_candidate(evidence, scored=nobody), production=None, task=Multilabel())

    checks = named(judge(unlabelled, change(thresholds, macro_f1_floor=0.5))[1])

    assert checks["macro_f1_floor"].outcome == "undecided"
    assert checks["macro_f1_floor"].detail == (
        "there is no macro_f1 of these answers: no sample has a label, and none was given"
    )


def test_one_sample_is_too_few(evidence: Evidence, thresholds: Validation) -> None:
    single = with_candidate(evidence, scored=right(1, 1))

    assert named(judge(single, thresholds)[1])["accuracy_floor"].detail == "1 sample is too few, 100 are needed"


def test_a_fault_weighs_more_than_doubt(evidence: Evidence, thresholds: Validation) -> None:
    faulty = with_candidate(evidence, errors=("7.jpg: 500: oops",))

    assert judge(faulty, change(thresholds, accuracy_floor=None))[0] == "NOT_BLESSED"


def test_what_needs_a_server_that_never_started_is_not_reached(evidence: Evidence, thresholds: Validation) -> None:
    nothing = Measured(startup_seconds=None, startup_error="no GPU seen")

    status, checks = judge(
        replace(evidence, candidate=nothing),
        change(thresholds, require_gpu=True, latency_p50_ms=10, latency_p99_ms=20),
    )

    assert status == "NOT_BLESSED"
    assert by_outcome(checks, "fail") == ["cold_start"]
    assert by_outcome(checks, "pass") == ["signature"]
    assert len(by_outcome(checks, "not_reached")) == len(checks) - 2
    assert named(checks)["cold_start"].detail == "no GPU seen"
    assert {check.detail for check in checks if check.outcome == "not_reached"} == {"the server didn't start"}


def test_what_needs_an_answer_is_not_reached_where_there_is_none(evidence: Evidence, thresholds: Validation) -> None:
    unanswered = tuple(replace(each, predicted=None, right=False, length=None) for each in right(200))
    silent = with_candidate(
        evidence, scored=unanswered, errors=("0.jpg: 500: oops",) * 200, latencies_ms=(), parity=None
    )

    status, checks = judge(silent, thresholds)

    assert (status, by_outcome(checks, "fail")) == ("NOT_BLESSED", ["errors"])
    assert by_outcome(checks, "not_reached") == [
        "output_shape",
        "accuracy_floor",
        "not_worse_than_production",
        "optimisation_parity",
    ]


@pytest.mark.parametrize(
    ("production", "why"),
    [
        (Measured(startup_seconds=None, startup_error="out of memory"), "out of memory"),
        (Measured(startup_seconds=4.0, errors=("7.jpg: 500: oops",)), "7.jpg: 500: oops"),
    ],
)
def test_production_that_answers_nothing_here_proves_nothing_of_the_candidate(
    evidence: Evidence, thresholds: Validation, production: Measured, why: str
) -> None:
    status, checks = judge(replace(evidence, production=production), change(thresholds, startup_ratio=2.0))

    assert (status, by_outcome(checks, "undecided")) == ("UNDECIDED", ["not_worse_than_production"])
    assert named(checks)["not_worse_than_production"].detail == f"production answered nothing here: {why}"
