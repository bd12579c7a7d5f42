"""What one measurement comes to is no matter of the next."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.gpu.deadline import OverdueError, at_most
from benchmarks.gpu.measuring import NO_TIME, Measuring, Plan
from benchmarks.gpu.order import Measurement
from benchmarks.gpu.report.results import Results
from benchmarks.gpu.services import Candidate, Ours
from benchmarks.serving.client.wires import OUR_WIRES
from benchmarks.serving.models import BenchmarkModel
from benchmarks.serving.servers.peers import UnavailableError
from benchmarks.serving.servers.services import Service


def failing(name: str, error: Exception) -> Measurement:
    """A service that fails to start."""

    @contextmanager
    def start(model: BenchmarkModel, log: Path) -> Iterator[str]:
        raise error
        yield ""

    return Measurement(Candidate(Service(name, "ours", start, OUR_WIRES)), "tiny")


def measured(folder: Path, budget: float, *measurements: Measurement) -> Results:
    plan = Plan(measurements, ["tiny"], Ours(gpu=False, max_batch=8, lanes=1), 1.0, rounds=2, budget=budget)
    results = Results({"device": "a CPU"})
    Measuring(plan, results, folder, print, lambda name: BenchmarkModel(name, folder, ())).run()
    return results


def test_what_fails_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    wrk = subprocess.CalledProcessError(1, ["/usr/bin/wrk"], stderr="unable to connect\n")

    results = measured(tmp_path, 60.0, failing("one", UnavailableError("its log ends: no")), failing("two", wrk))

    reasons = {"tiny: one": "its log ends: no", "tiny: two": "wrk failed: unable to connect"}
    assert results.skipped == reasons
    assert json.loads((tmp_path / "gpu.json").read_text(encoding="utf-8"))["skipped"] == reasons


def test_nothing_is_begun_that_there_is_no_time_for(tmp_path: Path) -> None:
    results = measured(tmp_path, 1.0, failing("one", UnavailableError("never seen")))
    assert results.skipped == {"tiny: one": NO_TIME}


def test_what_lasts_too_long_is_ended() -> None:
    with pytest.raises(OverdueError, match="ended after 0 s"), at_most(0.05):
        time.sleep(60)
    with at_most(60):
        pass
