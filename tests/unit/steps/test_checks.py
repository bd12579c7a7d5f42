import math
from dataclasses import replace
from typing import Any

import pytest

from config.settings import Settings, Validation
from steps.artifacts import Check
from steps.checks import Measured, judge
from steps.parity import Parity


@pytest.fixture
def thresholds(settings: Settings) -> Validation:
    return settings.validation


def change(thresholds: Validation, **values: Any) -> Validation:
    return Validation.model_validate(thresholds.model_dump() | values)


def named(checks: tuple[Check, ...]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_a_good_run_is_blessed(good: Measured, thresholds: Validation) -> None:
    status, checks = judge(good, thresholds)

    assert status == "BLESSED"
    assert [check.name for check in checks] == [
        "signature",
        "startup",
        "errors",
        "gpu_used",
        "accuracy_floor",
        "optimisation_parity",
    ]


def test_budgets_that_are_set_are_checked(good: Measured, thresholds: Validation) -> None:
    status, checks = judge(good, change(thresholds, latency_p50_ms=100, latency_p99_ms=198))

    assert status == "BLESSED"
    assert named(checks)["latency_p50"].measured == 100
    assert named(checks)["latency_p99"].measured == 198


@pytest.mark.parametrize(
    ("measured", "values", "failing"),
    [
        ({"intact": False}, {}, "signature"),
        ({"startup_seconds": None, "startup_error": "no GPU"}, {}, "startup"),
        ({"startup_seconds": 120.1}, {}, "startup"),
        ({"errors": ("7.jpg: 500: oops",)}, {}, "errors"),
        ({"correct": 179}, {}, "accuracy_floor"),
        ({}, {"require_gpu": True}, "gpu_used"),
        ({"devices": frozenset({"GPU:0", "CPU:0"})}, {"require_gpu": True}, "gpu_used"),
        ({"devices": frozenset()}, {"require_gpu": True}, "gpu_used"),
        ({"devices": frozenset({"unknown"})}, {"require_gpu": True}, "gpu_used"),
        ({}, {"latency_p50_ms": 99.9}, "latency_p50"),
        ({}, {"latency_p99_ms": 197.9}, "latency_p99"),
        ({"latencies_ms": ()}, {"latency_p50_ms": 1000.0}, "latency_p50"),
        ({"parity": None, "parity_error": "the original can't be loaded"}, {}, "optimisation_parity"),
        ({"parity": Parity(200, 0.985, 0.0)}, {}, "optimisation_parity"),
        ({"precisions": frozenset({"float32", "unknown"})}, {}, "optimisation_parity"),
        ({"parity": Parity(200, 1.0, 0.051)}, {}, "optimisation_parity"),
        ({"parity": Parity(200, 1.0, math.inf)}, {}, "optimisation_parity"),
    ],
)
def test_one_fault_is_enough(
    good: Measured, thresholds: Validation, measured: dict[str, Any], values: dict[str, Any], failing: str
) -> None:
    status, checks = judge(replace(good, **measured), change(thresholds, **values))

    assert status == "NOT_BLESSED"
    assert [check.name for check in checks if check.passed is False] == [failing]


@pytest.mark.parametrize(
    ("measured", "values"),
    [
        ({"startup_seconds": 120.0}, {}),
        ({"correct": 180}, {}),
        ({"devices": frozenset({"GPU:0", "GPU:1"})}, {"require_gpu": True}),
        ({}, {"latency_p50_ms": 100.0, "latency_p99_ms": 198.0}),
        ({}, {"minimum_samples": 200}),
        ({"parity": Parity(200, 0.99, 0.05)}, {}),
    ],
)
def test_a_threshold_that_is_just_met_is_met(
    good: Measured, thresholds: Validation, measured: dict[str, Any], values: dict[str, Any]
) -> None:
    assert judge(replace(good, **measured), change(thresholds, **values))[0] == "BLESSED"


@pytest.mark.parametrize(
    ("values", "detail"),
    [
        ({"accuracy_floor": None}, "validation.accuracy_floor isn't set: nothing says what is good enough"),
        ({"minimum_samples": 201}, "200 images are too few, 201 are needed"),
    ],
)
def test_nothing_to_decide_by_is_undecided(
    good: Measured, thresholds: Validation, values: dict[str, Any], detail: str
) -> None:
    status, checks = judge(good, change(thresholds, **values))

    assert status == "UNDECIDED"
    assert named(checks)["accuracy_floor"].passed is None
    assert named(checks)["accuracy_floor"].detail == detail


def test_a_fault_weighs_more_than_doubt(good: Measured, thresholds: Validation) -> None:
    faulty = replace(good, errors=("7.jpg: 500: oops",))

    assert judge(faulty, change(thresholds, accuracy_floor=None))[0] == "NOT_BLESSED"


def test_a_server_that_never_started_fails_whatever_needs_an_answer(thresholds: Validation) -> None:
    nothing = Measured("jpegs (jpeg) -> probabilities", intact=True, startup_seconds=None, startup_error="no GPU seen")

    status, checks = judge(nothing, change(thresholds, require_gpu=True, latency_p50_ms=10, latency_p99_ms=20))

    assert status == "NOT_BLESSED"
    assert {check.name for check in checks if check.passed} == {"signature"}
    assert named(checks)["startup"].detail == "no GPU seen"


def test_the_device_is_on_record_where_none_is_required(good: Measured, thresholds: Validation) -> None:
    check = named(judge(good, thresholds)[1])["gpu_used"]

    assert (check.passed, check.measured, check.threshold) == (True, "CPU:0", "any device")


def test_an_unanswered_image_counts_as_wrong(good: Measured) -> None:
    assert replace(good, samples=380).accuracy == 0.5


def test_metrics_leave_out_what_was_not_measured(good: Measured) -> None:
    nothing = Measured("x", intact=True, startup_seconds=None)

    assert nothing.metrics == {"samples": 0.0, "errors": 0.0}
    assert good.metrics == {
        "accuracy": 0.95,
        "latency_p50_ms": 100.0,
        "latency_p99_ms": 198.0,
        "startup_seconds": 4.0,
        "samples": 200.0,
        "errors": 0.0,
        "parity_agreement": 1.0,
        "parity_difference": 0.0,
    }
