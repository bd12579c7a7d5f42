import pytest

from benchmarks.serving.client.load import Load
from benchmarks.serving.report.goals import Goal, best_peer, goals
from benchmarks.serving.report.results import Limit, Overload, ParityCheck, Results
from tests.unit.benchmarks.conftest import Measure


def named(results: Results) -> dict[tuple[str, str], Goal]:
    return {(goal.work, goal.what): goal for goal in goals(results)}


@pytest.mark.parametrize(
    ("measured", "at_most", "verdict"),
    [
        (1.0, False, "met"),
        (0.99, False, "not met"),
        (1.0, True, "met"),
        (1.01, True, "not met"),
        (None, True, "skipped"),
    ],
)
def test_a_goal_is_met_at_its_limit(measured: float | None, at_most: bool, verdict: str) -> None:
    assert Goal("work", "what", 1.0, measured, at_most).verdict == verdict


def test_nothing_measured_is_all_skipped(results: Results) -> None:
    assert {goal.verdict for goal in goals(results)} == {"skipped"}


def test_throughput_is_compared_with_seed_and_best_peer(results: Results, measure: Measure) -> None:
    for service, rate in (("ours", 400), ("seed", 100), ("FastAPI", 200), ("MLServer", 320)):
        measure(service, rate)
    found = named(results)

    seed = found["tiny float32, concurrency 32", "throughput / seed"]
    peer = found["tiny float32, concurrency 32", "throughput / best peer"]
    assert (seed.measured, seed.verdict) == (4.0, "met")
    assert (peer.measured, peer.verdict, peer.note) == (1.25, "not met", "MLServer")
    assert best_peer(results, "tiny") == ("MLServer", 320)


def test_json_is_to_be_ahead_of_every_peer(results: Results, measure: Measure) -> None:
    for service, rate, p99_ms in (("ours", 400, 9), ("seed", 100, 30), ("FastAPI", 200, 20), ("MLServer", 500, 10)):
        measure(service, rate, p99_ms, model="tabular")
    found = named(results)

    peer = found["tabular float32, concurrency 32", "throughput / best peer"]
    assert (peer.measured, peer.verdict, peer.note) == (0.8, "not met", "MLServer")
    assert found["tabular float32, concurrency 32", "throughput / seed"].verdict == "met"
    assert found["tabular", "best p99 of all, concurrency 32"].verdict == "met"
    assert found["tabular32 float32, concurrency 32", "throughput / seed"].verdict == "skipped"


def test_resnet_is_compared_with_the_model_alone(results: Results, measure: Measure) -> None:
    measure("ours", 48, model="resnet50")
    results.limits.append(Limit("resnet50", 0, {"16 requests": 50.0}))

    goal = named(results)["resnet50 float32, concurrency 32", "throughput / model alone"]
    assert goal.measured == pytest.approx(0.96)
    assert goal.verdict == "met"


def test_latency_is_compared_with_the_best_of_all_others(results: Results, measure: Measure) -> None:
    measure("ours", 100, p99_ms=10)
    measure("seed", 100, p99_ms=30)
    measure("FastAPI", 100, p99_ms=8)

    goal = named(results)["tiny", "best p99 of all, concurrency 32"]
    assert (goal.measured, goal.verdict, goal.note) == (0.8, "not met", "next: FastAPI")


def test_startup_is_compared_with_the_seed(results: Results, measure: Measure) -> None:
    measure("ours", 200)  # starts in 5 s
    measure("seed", 100)  # starts in 10 s

    assert named(results)["tiny, start-up", "seconds / seed's seconds"].measured == 0.5


def test_an_overload_is_four_goals(results: Results) -> None:
    load = Load(60.0, {"200": 90, "503": 300, "500": 1}, 90.0, 1.0, 2.0, 10.0)
    results.overloads.append(Overload("tiny", 100.0, 420.0, load, (100.0,) * 60))
    found = {goal.what: goal for goal in goals(results) if goal.work == "tiny, overload"}

    assert (found["demand / peak"].verdict, found["demand / peak"].note) == ("met", "answered: 0.1 x peak")
    assert found["answers other than 200 and 503"].verdict == "not met"
    assert found["throughput / peak"].verdict == "not met"
    assert found["growth of memory"].verdict == "met"


def test_bfloat16_says_what_the_processor_lacks(results: Results) -> None:
    goal = named(results)["resnet50 bfloat16, concurrency 32", "throughput / seed"]

    assert (goal.verdict, goal.note) == ("skipped", "this processor has no AVX512_BF16")


def test_bfloat16_says_what_its_parity_check_found(results: Results) -> None:
    results.machine["cpu_features"] = ["avx512_bf16"]
    check = ParityCheck("resnet50", "ours, bfloat16", 0, 64, 0.984375, 0.01, passed=False, required="0.99 agree")
    results.parities.append(check)
    goal = named(results)["resnet50 bfloat16, concurrency 32", "throughput / seed"]

    assert goal.note == "parity refused: 98.4% of 64 samples agree"
