import json

import pytest

from benchmarks.serving.client.load import Load
from benchmarks.serving.report.results import Limit, Overload, ParityCheck, Results
from tests.unit.benchmarks.conftest import Measure


def test_a_summary_is_the_median_of_the_rounds_and_the_sum_of_the_faults(results: Results, measure: Measure) -> None:
    for number, (rate, p99, errors) in enumerate([(100, 30, 0), (300, 10, 2), (200, 20, 1)]):
        measure("ours", rate, p99, number=number, errors=errors)

    summary = results.summary("tiny", "ours", 32)

    assert summary is not None
    assert (summary.rate, summary.p99_ms, summary.faults) == (200, 20, 3)
    assert (summary.lowest_rate, summary.highest_rate) == (100, 300)
    assert results.startup("tiny", "ours") == 5


def test_what_was_not_measured_has_no_summary(results: Results) -> None:
    assert results.summary("tiny", "ours", 32) is None
    assert results.startup("tiny", "ours") is None
    assert results.limit("tiny") is None


def test_the_limit_is_the_combination_with_the_best_median(results: Results) -> None:
    for number, (small, large) in enumerate([(90, 50), (10, 51), (20, 52)]):
        results.limits.append(Limit("tiny", number, {"16 requests": small, "32 requests": large}))

    assert results.limit("tiny") == 51


def test_the_json_holds_medians_and_every_round(results: Results, measure: Measure) -> None:
    measure("ours", 100)
    measure("ours", 200, number=1)
    results.skipped["tiny"] = {"MLServer": "it can't be installed"}

    document = json.loads(json.dumps(results.to_json()))

    assert document["medians"]["tiny"]["ours"]["concurrency"]["32"]["rate"] == 150
    assert "MLServer" not in document["medians"]["tiny"]
    assert len(document["rounds"]["cells"]) == 6
    assert document["skipped"]["tiny"]["MLServer"] == "it can't be installed"


def test_the_json_holds_every_parity_check(results: Results) -> None:
    results.parities.append(ParityCheck("tiny", "ours", 0, 64, 0.984375, 0.01, passed=False, required="all"))

    (found,) = json.loads(json.dumps(results.to_json()))["parity"]

    assert found["samples"] == 64
    assert (found["agreement"], found["difference"], found["passed"]) == (0.984375, 0.01, False)


def overload(statuses: dict[str, int], memory: list[float], **errors: int) -> Overload:
    return Overload("tiny", 100.0, 420.0, Load(60.0, statuses, 97.0, 1.0, 2.0, 10.0, errors), tuple(memory))


def test_an_overload_is_judged_by_its_answers_throughput_and_memory() -> None:
    run = overload({"200": 970, "503": 3000}, [100.0, 200.0, 200.0, 200.0, 201.0, 202.0, 202.0, 202.0])

    assert run.kept == pytest.approx(0.97)
    assert run.growth == pytest.approx(0.01)
    assert run.unexpected == 0


def test_other_answers_and_lost_ones_are_unexpected() -> None:
    assert overload({"200": 1, "503": 1, "500": 2}, [], read=3).unexpected == 5


def test_too_few_samples_show_no_growth() -> None:
    assert overload({}, [1.0, 2.0, 3.0]).growth == 0
