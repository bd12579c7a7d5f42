import pytest

from benchmarks.gpu.report.results import CONCURRENCIES, Cell, Results, Start
from benchmarks.serving.client.load import Load

LOADS = {"ours, float16": (9000.0, 8000.0), "ours, float32 (TF32)": (4000.0,), "seed": (100.0,)}
"""Rates of the rounds."""


def load(rate: float, p50_ms: float, **statuses: int) -> Load:
    return Load(1.0, {"200": 10} | statuses, rate, p50_ms, 2 * p50_ms, 50.0)


@pytest.fixture
def results() -> Results:
    found = Results({"device": "a GPU", "date": "2026-01-02"}, {"budget": 600.0}, seconds=60.0)
    found.limits["resnet50"] = [
        {"way": "a", "precision": "float16", "xla": False, "round": 1, "batch": 1, "p50_ms": 4.0},
        {"way": "a", "precision": "float16", "xla": False, "round": 1, "batch": 64, "threads": 2, "rate": 8000.0},
        {"way": "b", "precision": "float16", "xla": False, "round": 1, "batch": 64, "threads": 3, "rate": 11000.0},
        {"way": "b", "precision": "float16", "xla": False, "round": 2, "batch": 64, "threads": 3, "rate": 9000.0},
        {"way": "b", "precision": "float16", "xla": True, "round": 1, "batch": 64, "threads": 3, "rate": 20000.0},
        {"way": "b", "precision": "float32", "xla": False, "round": 1, "batch": 64, "threads": 3, "rate": 5000.0},
    ]
    for service, rates in LOADS.items():
        for number, rate in enumerate(rates, 1):
            found.starts.append(Start("resnet50", service, "all cores", number, 8.0 + number, 1.0, 0.001))
            for concurrency in CONCURRENCIES:
                one = load(rate * concurrency / 128, 5.0, **({"503": 2} if service == "seed" else {}))
                found.cells.append(Cell("resnet50", service, number, concurrency, one, 1.0, {"memory.used": 1643.0}))
    return found
