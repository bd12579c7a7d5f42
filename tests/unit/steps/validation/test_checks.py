import math
from dataclasses import replace
from typing import Any

import pytest

from config.settings import Validation
from steps.validation.checks import judge
from steps.validation.evidence import Evidence
from steps.validation.parity import Parity
from steps.validation.tasks.classification import Classification
from steps.validation.tasks.task import Scored
from tests.unit.steps.validation.answered import one, right
from tests.unit.steps.validation.conftest import by_outcome, change, named, with_candidate


def of_length(*lengths: int) -> tuple[Scored, ...]:
    """200 samples answered rightly, by vectors of these lengths in turn."""
    return tuple(one(number, length=lengths[number % len(lengths)]) for number in range(200))


def test_a_good_run_is_blessed(evidence: Evidence, thresholds: Validation) -> None:
    status, checks = judge(evidence, thresholds)

    assert status == "BLESSED"
    assert [check.name for check in checks] == [
        "signature",
        "cold_start",
        "errors",
        "gpu_used",
        "output_shape",
        "accuracy_floor",
        "not_worse_than_production",
        "optimisation_parity",
        "robustness",
        "latency_p50",
        "latency_p99",
    ]
    assert by_outcome(checks, "skip") == ["gpu_used", "latency_p50", "latency_p99"]


def test_a_first_release_has_nothing_to_be_worse_than(evidence: Evidence, thresholds: Validation) -> None:
    first = replace(evidence, production=None, no_production="first release: nothing is served")

    status, checks = judge(first, change(thresholds, latency_p99_ratio=1.5, startup_ratio=1.5))

    assert status == "BLESSED"
    assert named(checks)["not_worse_than_production"].outcome == "skip"
    assert named(checks)["not_worse_than_production"].detail == "first release: nothing is served"
    assert named(checks)["latency_p99"].detail == "first release: nothing is served"


def test_budgets_that_are_set_are_checked(evidence: Evidence, thresholds: Validation) -> None:
    status, checks = judge(evidence, change(thresholds, latency_p50_ms=100, latency_p99_ms=198))

    assert status == "BLESSED"
    assert (named(checks)["latency_p50"].measured, named(checks)["latency_p50"].outcome) == (100, "pass")
    assert (named(checks)["latency_p99"].measured, named(checks)["latency_p99"].outcome) == (198, "pass")


@pytest.mark.parametrize(
    ("measured", "values", "failing"),
    [
        ({"startup_seconds": None, "startup_error": "no GPU"}, {}, "cold_start"),
        ({"startup_seconds": 120.1}, {}, "cold_start"),
        ({"startup_seconds": 8.1}, {"startup_ratio": 2.0}, "cold_start"),
        ({"errors": ("7.jpg: 500: oops",)}, {}, "errors"),
        ({"scored": right(179)}, {"significance": 0.0001}, "accuracy_floor"),
        ({"scored": right(184)}, {}, "not_worse_than_production"),
        ({}, {"require_gpu": True}, "gpu_used"),
        ({"devices": frozenset({"GPU:0", "CPU:0"})}, {"require_gpu": True}, "gpu_used"),
        ({"devices": frozenset()}, {"require_gpu": True}, "gpu_used"),
        ({"devices": frozenset({"unknown"})}, {"require_gpu": True}, "gpu_used"),
        ({"scored": of_length(10, 9)}, {}, "output_shape"),
        ({"scored": of_length(11)}, {}, "output_shape"),
        ({"scored": of_length(0)}, {}, "output_shape"),
        (
            {"scored": (*right(199, 199), Scored("a.jpg", 10, 1, right=False, length=10))},
            {},
            "output_shape",
        ),
        ({"not_refused": ("GET: 200: ",)}, {}, "robustness"),
        ({"not_refused": None}, {}, "robustness"),
        ({}, {"latency_p50_ms": 99.9}, "latency_p50"),
        ({}, {"latency_p99_ms": 197.9}, "latency_p99"),
        ({}, {"latency_p50_ratio": 0.99}, "latency_p50"),
        ({"latencies_ms": (100.0,) * 98 + (300.0,) * 2}, {"latency_p99_ratio": 1.5}, "latency_p99"),
        ({"latencies_ms": ()}, {"latency_p50_ms": 1000.0}, "latency_p50"),
        ({"parity": None, "parity_error": "the original can't be loaded"}, {}, "optimisation_parity"),
        ({"parity": Parity(200, 0.985, 0.0)}, {}, "optimisation_parity"),
        ({"precisions": frozenset({"float32", "unknown"})}, {}, "optimisation_parity"),
        ({"parity": Parity(200, 1.0, 0.051)}, {}, "optimisation_parity"),
        ({"parity": Parity(200, 1.0, math.inf)}, {}, "optimisation_parity"),
    ],
)
def test_one_fault_is_enough(
    evidence: Evidence, thresholds: Validation, measured: dict[str, Any], values: dict[str, Any], failing: str
) -> None:
    status, checks = judge(with_candidate(evidence, **measured), change(thresholds, **values))

    assert status == "NOT_BLESSED"
    assert by_outcome(checks, "fail") == [failing]


def test_labels_beyond_the_classes_are_named_also_beside_production(evidence: Evidence, thresholds: Validation) -> None:
    beyond = with_candidate(evidence, scored=(*right(199, 199), Scored("a.jpg", 77, 1, right=False, length=10)))

    assert str(named(judge(beyond, thresholds)[1])["output_shape"]) == (
        "output_shape 10 classes (required: 78 classes or more)"
    )


def test_other_files_than_the_registered_ones_are_refused(evidence: Evidence, thresholds: Validation) -> None:
    status, checks = judge(replace(evidence, intact=False), thresholds)

    assert (status, by_outcome(checks, "fail")) == ("NOT_BLESSED", ["signature"])


@pytest.mark.parametrize(
    ("measured", "values"),
    [
        ({"startup_seconds": 120.0}, {}),
        ({"startup_seconds": 8.0}, {"startup_ratio": 2.0}),
        ({"scored": right(180)}, {"significance": 0.0001}),
        ({"scored": right(186)}, {}),  # 4 worse of 4: p = 1/16
        ({"devices": frozenset({"GPU:0", "GPU:1"})}, {"require_gpu": True}),
        ({}, {"latency_p50_ms": 100.0, "latency_p99_ms": 198.0}),
        ({}, {"latency_p50_ratio": 1.0, "latency_p99_ratio": 1.0}),
        ({}, {"minimum_samples": 200}),
        ({"parity": Parity(200, 0.99, 0.05)}, {}),
    ],
)
def test_a_threshold_that_is_just_met_is_met(
    evidence: Evidence, thresholds: Validation, measured: dict[str, Any], values: dict[str, Any]
) -> None:
    assert judge(with_candidate(evidence, **measured), change(thresholds, **values))[0] == "BLESSED"


def test_a_floor_of_the_likeliest_classes_is_a_check_of_its_own(evidence: Evidence, thresholds: Validation) -> None:
    scored = tuple(replace(each, in_top=number < 150) for number, each in enumerate(right(200)))
    asked = replace(with_candidate(evidence, scored=scored), production=None, task=Classification(top_k=3))

    _, checks = judge(asked, change(thresholds, top_k_floor=0.8))

    assert str(named(checks)["top_k_floor"]) == "top_k_floor 0.75 (required: 0.8): 200 samples"
    assert by_outcome(checks, "fail") == ["top_k_floor"]


def test_the_device_is_on_record_where_none_is_required(evidence: Evidence, thresholds: Validation) -> None:
    check = named(judge(evidence, thresholds)[1])["gpu_used"]

    assert (check.outcome, check.measured, check.threshold) == ("skip", "CPU:0", "any device")
