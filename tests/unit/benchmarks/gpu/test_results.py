import json

import pytest

from benchmarks.gpu.limit import points
from benchmarks.gpu.results import Cell, Results, Start
from benchmarks.gpu.services import FEW_CORES, TF32, candidates
from benchmarks.serving.client.load import Load
from benchmarks.serving.servers.peers import requirements


def load(rate: float, p50_ms: float) -> Load:
    return Load(1.0, {"200": 10}, rate, p50_ms, 2 * p50_ms, 50.0)


def results() -> Results:
    found = Results({"device": "a GPU"})
    found.limits["resnet50"] = [
        {"way": "a", "precision": "float16", "batch": 1, "p50_ms": 4.0},
        {"way": "a", "precision": "float16", "batch": 64, "threads": 2, "rate": 8000.0},
        {"way": "b", "precision": "float16", "batch": 64, "threads": 3, "rate": 10000.0},
        {"way": "b", "precision": "float32", "batch": 64, "threads": 3, "rate": 5000.0},
    ]
    for service, rate in (("ours, float16", 9000.0), (TF32, 4000.0), ("seed", 100.0)):
        found.starts.append(Start("resnet50", service, 9.0, 1.0, 0.001))
        found.cells.append(Cell("resnet50", service, 128, load(rate, 40.0), 1.0, {}))
        found.cells.append(Cell("resnet50", service, 1, load(rate / 10, 5.0), 1.0, {}))
    return found


def test_ratios_are_those_of_what_was_measured() -> None:
    assert results().ratios("resnet50") == {
        "float16 / limit": pytest.approx(0.9),
        "float16 / seed": pytest.approx(90),
        "TF32 / limit": pytest.approx(0.8),
        "float16, p50 alone / limit": pytest.approx(1.25),
    }


def test_results_are_json() -> None:
    document = json.loads(json.dumps(results().to_json()))
    assert document["ratios"]["resnet50"]["float16 / seed"] == pytest.approx(90)
    assert len(document["cells"]) == 6


def test_a_line_that_was_cut_off_is_no_point() -> None:
    output = b'noise\n{"batch": 1, "p50_ms": 4.5}\n{"batch": 32, "rat'
    assert points(output) == [{"batch": 1, "p50_ms": 4.5}]


def test_without_a_gpu_nothing_claims_16_bits_or_tf32() -> None:
    names = [candidate.name for candidate in candidates(gpu=False, max_batch=64, lanes=3)]
    assert not any("16" in name.replace("128", "") or "TF32" in name or "XLA" in name for name in names)
    assert f"seed, {FEW_CORES} cores" in names
    assert "ours, float32, two processes" in names


def test_what_tells_most_comes_first_on_a_gpu() -> None:
    names = [candidate.name for candidate in candidates(gpu=True, max_batch=64, lanes=3)]
    assert names[:5] == ["ours, float16", "seed", TF32, "ours, float16, two processes", "FastAPI"]
    assert len(names) == len(set(names))


def test_peers_get_the_build_for_the_device() -> None:
    assert "tensorflow-cpu==" in requirements("fastapi", gpu=False)
    assert requirements("fastapi", gpu=True) == requirements("fastapi", gpu=False).replace(
        "tensorflow-cpu==", "tensorflow[and-cuda]=="
    )
