"""The pipeline that commit 6ab4c66 published: it starts until `amlgpu publish`, and undoes nothing of what is newer."""

import pytest

from config.errors import DeploymentError
from tests.e2e.conftest import Machine, machine
from tests.e2e.test_upgrade import NAMES, REPLICAS, upgraded

__all__ = ["REPLICAS", "machine", "upgraded"]

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]


def test_old_pipeline_runs_on_what_it_released(upgraded: Machine) -> None:
    before = upgraded.json("status", *NAMES)

    report = upgraded.json("submit", "--wait", *NAMES)

    assert (report["candidate"]["model_version"], report["deployment"]["action"]) == (2, "unchanged")
    assert upgraded.json("status", *NAMES) == before


def test_old_pipeline_refuses_to_replace_what_it_cannot_read(upgraded: Machine) -> None:
    upgraded.succeed("run", "--model", "second")
    before = upgraded.json("status", *NAMES)

    refused = upgraded.amlgpu("submit", "--wait", *NAMES)

    assert refused.returncode == DeploymentError.exit_code
    assert "a rollback would be impossible" in refused.stderr
    assert upgraded.json("status", *NAMES) == before


def test_published_again_it_goes_on(upgraded: Machine) -> None:
    before = upgraded.json("status", *NAMES)["service"]
    upgraded.succeed("publish", *NAMES)

    report = upgraded.json("submit", "--wait", *NAMES)

    assert report["deployment"]["action"] == "unchanged"
    assert upgraded.json("status", *NAMES)["service"] == before
