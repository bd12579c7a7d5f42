"""`make run` through SDK v2 on a Kubernetes cluster, and an update there."""

from collections.abc import Callable
from typing import Any

import pytest

from pipelines.sample_model import Sample
from tests.e2e.conftest import Machine, made_by_make_run
from tests.e2e.support import candidates
from tests.e2e.support.answers import right_answers
from tests.e2e.test_verdicts import Outcome

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]

REPLICAS = 1
VARIABLES = {"AMLGPU_WORKSPACE__SDK": "v2"}


def test_make_run_releases_to_the_cluster_that_it_attached(machine: Machine, release: dict[str, Any]) -> None:
    assert [step["status"] for step in release["steps"]] == ["Completed"] * 4
    assert release["deployment"]["action"] == "created"
    status = machine.json("status")
    assert (status["cluster"]["type"], status["cluster"]["state"]) == ("Kubernetes", "Succeeded")
    assert (status["service"]["models"], status["service"]["instance_type"]) == (["digits:1"], None)


def test_an_update_there(machine: Machine, release_of: Callable[..., Outcome], sample: Sample) -> None:
    updated = release_of(candidates.equal)

    assert updated.code == 0, updated.error
    assert updated.report["deployment"]["action"] == "updated"
    assert updated.after["models"] != updated.before["models"]
    assert right_answers(machine, sample, count=3) == 3


def test_make_run_by_its_argument_goes_on_where_the_variable_did(
    machine: Machine, release: dict[str, Any], sample: Sample
) -> None:
    (machine.folder / "sample").symlink_to(sample.model.parent)
    report = machine.json(*made_by_make_run(), "--set", "workspace.sdk=v2")
    assert report["candidate"]["reused"] is True
    assert report["deployment"]["model_version"] == 1
