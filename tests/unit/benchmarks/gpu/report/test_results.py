import json

import pytest

from benchmarks.gpu.limit import points
from benchmarks.gpu.report.results import Results
from benchmarks.serving.servers.peers import requirements


def test_ratios_are_those_of_what_was_measured_by_the_medians_of_the_rounds(results: Results) -> None:
    assert results.ratios("resnet50") == {
        "float16 / limit": pytest.approx(0.85),
        "float16 / limit, p50 alone": pytest.approx(1.25),
        "TF32 / limit": pytest.approx(0.8),
        "float16 / seed": pytest.approx(85),
    }


def test_a_summary_counts_faults_and_rounds(results: Results) -> None:
    ours, seed = (results.summary("resnet50", name, 128) for name in ("ours, float16", "seed"))

    assert ours
    assert (ours.rate, ours.rounds, ours.faults, ours.gpu_mib, ours.gpu_percent) == (8500.0, 2, 0, 1643.0, None)
    assert seed
    assert (seed.rounds, seed.faults) == (1, 2)
    assert results.summary("tiny", "seed", 128) is None
    assert results.start_seconds("resnet50", "ours, float16") == 9.5


def test_results_are_json(results: Results) -> None:
    document = json.loads(json.dumps(results.to_json()))
    assert document["ratios"]["resnet50"]["float16 / seed"] == pytest.approx(85)
    assert len(document["cells"]) == 16


def test_a_line_that_was_cut_off_is_no_point() -> None:
    output = b'noise\n{"batch": 1, "p50_ms": 4.5}\n{"batch": 32, "rat'
    assert points(output) == [{"batch": 1, "p50_ms": 4.5}]


def test_peers_get_the_build_for_the_device() -> None:
    assert "tensorflow-cpu==" in requirements("fastapi", gpu=False)
    assert requirements("fastapi", gpu=True) == requirements("fastapi", gpu=False).replace(
        "tensorflow-cpu==", "tensorflow[and-cuda]=="
    )
