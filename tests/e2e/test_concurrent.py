"""Merge, schedule and studio may start releases together."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pipelines.sample import Sample
from tests.e2e import candidates
from tests.e2e.answers import right_answers
from tests.e2e.conftest import Machine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # several releases in one test

REPLICAS = 1

RUNS = int(os.environ.get("AMLGPU_RUNS", "3"))
"""Five in `make soak`."""


def test_many_at_once_make_one_deployment(
    machine: Machine, release: dict[str, Any], sample: Sample, tmp_path_factory: pytest.TempPathFactory
) -> None:
    model = candidates.write(sample.model, tmp_path_factory.mktemp("together") / "model", candidates.equal)

    def submit(_number: int) -> Any:
        return machine.json("run", "--model", model, "--validation-data", sample.validation, "--sample-count", "100")

    with ThreadPoolExecutor(RUNS) as pool:
        reports = list(pool.map(submit, range(RUNS)))

    assert {report["status"] for report in reports} <= {"Completed", "Finished"}
    assert {report["candidate"]["model_version"] for report in reports} == {2}
    actions = sorted(report["deployment"]["action"] for report in reports)
    assert actions == ["unchanged"] * (RUNS - 1) + ["updated"]
    service = machine.json("status")["service"]
    assert (service["state"], service["models"]) == ("Healthy", ["digits:2"])
    assert right_answers(machine, sample, count=3) == 3
