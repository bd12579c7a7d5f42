from collections.abc import Callable

import pytest

from benchmarks.serving.client.load import Load
from benchmarks.serving.report.results import CONCURRENCIES, Cell, Results, Startup

Measure = Callable[..., None]


@pytest.fixture(autouse=True)
def _leave_children_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """A benchmark ends whatever is below its own process; here that is the local workspace, too."""
    for place in ("serving.__main__", "serving.servers.services", "gpu.__main__"):
        monkeypatch.setattr(f"benchmarks.{place}.stop_all", lambda: None)


@pytest.fixture
def results() -> Results:
    services = {"ours": "ours", "seed": "seed", "FastAPI": "peer", "MLServer": "peer"}
    return Results({"cpu": "a processor", "cores": 2, "date": "2026-01-02", "cpu_features": ["avx2"]}, services)


@pytest.fixture
def measure(results: Results) -> Measure:
    """Adds one round of a service to `results`, the same at every concurrency."""

    def add(
        service: str, rate: float, p99_ms: float = 20.0, *, model: str = "tiny", number: int = 0, errors: int = 0
    ) -> None:
        load = Load(5.0, {"200": 100} | ({"500": errors} if errors else {}), rate, p99_ms / 2, p99_ms, 30.0)
        results.cells += [Cell(model, service, number, c, load, 1.5, 600.0) for c in CONCURRENCIES]
        results.startups.append(Startup(model, service, number, 1000 / rate))

    return add
