"""Merge, schedule and studio may start releases together."""

import os
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pipelines.sample_model import Sample
from tests.e2e.conftest import Machine
from tests.e2e.support import candidates
from tests.e2e.support.answers import right_answers

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]  # several releases in one test

REPLICAS = 1
AUTH_MODE = "identity"
"""All files and leases go as whoever is signed in, here and in the steps."""

RUNS = int(os.environ.get("AMLGPU_RUNS", "5"))


def test_many_at_once_make_one_deployment_of_the_newest(
    machine: Machine, release: dict[str, Any], sample: Sample, tmp_path: Path
) -> None:
    """Of two models in turn; a run of the older one deploys it, or stands back, as its turn comes."""
    changes: tuple[candidates.Change, ...] = (
        candidates.equal,
        lambda probabilities: candidates.equal(candidates.equal(probabilities)),
    )
    models = [candidates.write(sample.model, tmp_path / str(n) / "model", change) for n, change in enumerate(changes)]

    def submit(number: int) -> Any:
        model = models[number % len(models)]
        return machine.json("run", "--model", model, "--validation-data", sample.validation, "--sample-count", "100")

    with ThreadPoolExecutor(RUNS) as pool:
        reports = list(pool.map(submit, range(RUNS)))

    assert {report["status"] for report in reports} <= {"Completed", "Finished"}
    actions: dict[int, Counter[str]] = defaultdict(Counter)
    for report in reports:
        actions[report["candidate"]["model_version"]][report["deployment"]["action"]] += 1
    print(f"{RUNS} runs: {dict(actions)}")
    assert machine.succeed("local", "datastores").strip() == "Identity"
    assert set(actions) == {2, 3}
    assert actions[3]["updated"] == 1
    assert set(actions[3]) <= {"updated", "unchanged"}
    assert actions[2]["updated"] <= 1
    assert set(actions[2]) <= {"updated", "unchanged", "superseded"}
    service = machine.json("status")["service"]
    assert (service["state"], service["models"]) == ("Healthy", ["digits:3"])
    assert right_answers(machine, sample, count=3) == 3
