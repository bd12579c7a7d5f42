"""Releases that are killed, in each of their steps, the step or the local workspace."""

import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from pipelines.sample_model import Sample
from tests.e2e.conftest import Machine
from tests.e2e.support.kills import EARLY, Kills, kill_and_go_on

pytestmark = [pytest.mark.soak, pytest.mark.timeout(0)]

VARIABLES = {"AMLGPU_TARGET": "local-v2"}
KILLS = int(os.environ.get("SOAK_RELEASE_KILLS", "2"))
SEED = int(os.environ.get("AMLGPU_SEED", "20"))


def test_a_killed_release_is_finished_by_running_again(
    machine: Machine, release: dict[str, Any], sample: Sample, tmp_path: Path
) -> None:
    kill_and_go_on(machine, release, sample, tmp_path, Kills(KILLS, SEED, ("staged",)))
    assert deployments(machine) == 1


def test_a_release_that_was_killed_before_its_deployment_is_made_by_running_again(
    machine: Machine, release: dict[str, Any], sample: Sample, tmp_path: Path
) -> None:
    kill_and_go_on(machine, release, sample, tmp_path, Kills(KILLS, SEED, ("staged",), EARLY))
    assert deployments(machine) == 1


def deployments(machine: Machine) -> int:
    """How many the local workspace has, of all endpoints; none of them may be left beside what serves."""
    with sqlite3.connect(f"file:{machine.state}/workspace.db?mode=ro", uri=True) as database:
        (number,) = database.execute("SELECT count(*) FROM documents WHERE kind = 'service'").fetchone()
    return int(number)
