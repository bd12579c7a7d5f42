"""Releases that are killed, in deploy_service and in smoke_test, the step or the local workspace."""

import os
from pathlib import Path
from typing import Any

import pytest

from pipelines.sample_model import Sample
from tests.e2e.conftest import Machine
from tests.e2e.support.kills import kill_and_go_on

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]

VARIABLES = {"AMLGPU_TARGET": "local-v2"}
KILLS = int(os.environ.get("SOAK_RELEASE_KILLS", "2"))
SEED = int(os.environ.get("AMLGPU_SEED", "20"))


def test_a_killed_release_is_finished_by_running_again(
    machine: Machine, release: dict[str, Any], sample: Sample, tmp_path: Path
) -> None:
    kill_and_go_on(machine, release, sample, tmp_path, KILLS, SEED, strategies=("staged",))
